#pragma once
#include <string>
#include <vector>

#include "base/status.h"
#include "onnx/onnx.pb.h"
#include "tensor/signature.h"

namespace slipway::onnx {

/// What the main graph takes and gives, by the rules of docs/formats/signature.md.
/// @param warnings  sentences on what was left open (an output of unknown rank) are appended.
/// @return kBadModel naming an input or output without name or type, or one that stands twice;
///   kUnsupported naming one whose type the protocols have no word for.
StatusOr<Signature> SignatureOf(const ::onnx::ModelProto& model, std::vector<std::string>& warnings);

}  // namespace slipway::onnx
