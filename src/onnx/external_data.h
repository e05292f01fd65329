#pragma once
// Tensors whose values lie in a file beside the model.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "onnx/model_bytes.h"
#include "onnx/onnx.pb.h"

namespace slipway::onnx {

/// The rules for a `location`: a relative path of '/'-separated segments, none of them "..",
/// without backslash, '*', NUL or other control characters, valid UTF-8, at most 1,024 bytes.
/// ('*' because ONNX Runtime gives locations that begin with "*/" a meaning of their own: an
/// address in its memory.)
/// @return kBadModel naming tensor, location and rule.
Status CheckLocation(std::string_view tensor, std::string_view location);

/// Checks one tensor's external_data entries. "" when its values are in the model.
/// @return its location; kBadModel naming tensor and rule.
StatusOr<std::string> LocationOf(const ::onnx::TensorProto& tensor);

/// The values of a tensor that lie in one of `files`; nullopt when they are in the model.
/// @return kBadModel naming tensor and file.
StatusOr<std::optional<std::span<const std::byte>>> ExternalBytes(
    const ::onnx::TensorProto& tensor, std::span<const ModelBytes::External> files);

/// Every external initializer of the main graph names a file among `files`, and its bytes lie
/// inside.
/// @return kBadModel naming tensor and file.
Status CheckExternalData(const ::onnx::GraphProto& graph,
                         std::span<const ModelBytes::External> files);

}  // namespace slipway::onnx
