#pragma once
// InferTensorContents: the elements of a tensor in the field that is for its data type.

#include <string>
#include <string_view>

#include "base/status.h"
#include "infer/arena.h"
#include "tensor/tensor.h"

namespace slipway::openinference {

/// Reads the message `contents` into `tensor.data`; dtype and shape are set.
/// @param arena  holds the data; never more than 8 bytes for each byte of the message.
/// @return kBadRequest: malformed, a field for another data type, an element out of its type's
///   range, FP16 or BF16 (which have no field), or "expected N elements for FP32 [2,2], got M".
Status ReadContents(std::string_view contents, Arena& arena, Tensor& tensor);

/// Appends the fields of the message.
/// @return kBadRequest for FP16 and BF16. The message says that raw data would do.
Status AppendContents(const Tensor& tensor, std::string& out);

}  // namespace slipway::openinference
