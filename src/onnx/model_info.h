#pragma once
// What can be known of an ONNX model without running it.

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "onnx/model_bytes.h"
#include "tensor/signature.h"

namespace onnx {
class ModelProto;
}

namespace slipway::onnx {

struct Limits {
  size_t max_model_bytes = size_t{2} << 30;  // protobuf's own limit
  size_t max_nodes = 1'000'000;
  int max_subgraph_depth = 16;
};

struct ModelInfo {
  int64_t ir_version = 0;
  std::string producer;                          // "skl2onnx 1.17.0"
  std::map<std::string, int64_t> opsets;         // domain ("" is ai.onnx) → version
  std::map<std::string, int64_t> operators;      // "Gemm", "ai.onnx.ml.TreeEnsembleClassifier" → count
  std::map<std::string, std::string> metadata;   // metadata_props
  Signature signature;                           // sequence/map outputs as `docs/formats/signature.md` shapes them
  int64_t parameter_count = 0;                   // elements of all initializers
  std::vector<std::string> external_locations;   // files that tensors name, each once, checked
  std::vector<std::string> warnings;
};

/// Parses and checks the model proto: limits, external locations (relative, no "..", no absolute path,
/// no backslash or NUL: kBadModel naming tensor and rule), graph inputs and outputs with a known type.
/// Does not touch the file system, does not copy the weights.
/// @return kBadModel naming the culprit; kUnsupported for what ONNX allows and we do not serve
///   (complex numbers, 8-bit floats, sequences, external data outside the main graph).
StatusOr<ModelInfo> Inspect(std::span<const std::byte> model, const Limits& limits = {});

/// The same of a model that is parsed already (onnx/skeleton.h).
StatusOr<ModelInfo> InspectSkeleton(const ::onnx::ModelProto& model, const Limits& limits = {});

}  // namespace slipway::onnx
