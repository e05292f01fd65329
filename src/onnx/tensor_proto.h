#pragma once
#include <cstdint>
#include <span>
#include <string_view>

#include "base/status.h"
#include "onnx/onnx.pb.h"
#include "tensor/tensor.h"

namespace slipway::onnx {

/// A view of the tensor's dims.
inline std::span<const int64_t> DimsOf(const ::onnx::TensorProto& proto) {
  return {proto.dims().data(), static_cast<size_t>(proto.dims_size())};
}

/// The values of a tensor that holds them itself, from raw_data or the typed field of its data type.
/// @return kBadModel when there are more or fewer than its dims say, or they lie in another file;
///   kUnsupported for element types the protocols have no word for.
StatusOr<Tensor> ToTensor(const ::onnx::TensorProto& proto);

/// `tensor` under `name`, its values in raw_data (string_data for BYTES). The data has been checked
/// (tensor/tensor.h CheckData).
::onnx::TensorProto ToProto(std::string_view name, const Tensor& tensor);

}  // namespace slipway::onnx
