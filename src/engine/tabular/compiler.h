#pragma once
#include "base/status.h"
#include "engine/tabular/program.h"
#include "onnx/onnx.pb.h"
#include "tensor/signature.h"

namespace slipway::tabular {

/// Operators that ONNX does not have: docs/formats/slipway-operators.md.
inline constexpr std::string_view kOwnDomain = "ai.slipway";

/// Whether the graph consists of operators that the engine has. Looks at names only, so that a
/// model that it cannot run costs nothing but its skeleton (onnx/skeleton.h).
/// @return kUnsupported naming node, operator and why.
Status CheckOperators(const ::onnx::ModelProto& skeleton);

/// Compiles a whole model, ZipMaps replaced (onnx/zip_map.h).
/// @return kUnsupported naming node, operator and why; kBadModel where the graph contradicts
/// itself. Cost: linear in the model but for the planning of its slots.
StatusOr<Program> Compile(const ::onnx::ModelProto& model, const Signature& signature);

}  // namespace slipway::tabular
