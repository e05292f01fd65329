#pragma once
// The "data" member of a tensor: JSON values to bytes and back, for every data type.

#include <span>
#include <string>

#include "base/status.h"
#include "infer/arena.h"
#include "tensor/tensor.h"
#include "text/json_reader.h"

namespace slipway::openinference {

/// kBadRequest: "expected N elements for FP32 [2,2], got M".
Status WrongCount(const Tensor& tensor, int64_t expected, size_t got);

/// Reads a (nested) JSON array into `tensor.data`; dtype and shape are set.
/// @param arena  holds the data; never more than 4 bytes for each byte of JSON.
/// @return kBadRequest: no array of such elements, an element out of its type's range, or "expected
/// N
///   elements for FP32 [2,2], got M".
Status ReadJsonData(JsonReader& reader, Arena& arena, Tensor& tensor);

/// Points `tensor.data` at `bytes`, or at a copy in `arena` when they are not aligned to the
/// elements.
/// @return kBadRequest: not as long as dtype and shape say, a BYTES element that runs past the end,
/// or a
///   BOOL byte that is neither 0 nor 1.
Status ReadBinaryData(std::span<const std::byte> bytes, Arena& arena, Tensor& tensor);

/// Appends the elements as one flat JSON array.
/// @return kBadRequest when an element has no JSON form: NaN, an infinity, BYTES that are not
/// UTF-8. The
///   message says that binary data would do. `out` is then unspecified.
Status AppendJsonData(const Tensor& tensor, std::string& out);

}  // namespace slipway::openinference
