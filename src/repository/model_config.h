#pragma once
// What a config.pbtxt says, as far as it is supported; what changes no answer may be without
// effect, the rest is refused by name. docs/guides/migrate-from-triton.md lists the fields. Source:
// Triton's protobuf/model_config.proto (triton-inference-server/common)

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "repository/batching_config.h"
#include "repository/ensemble_config.h"
#include "repository/version_policy.h"
#include "tensor/signature.h"

namespace slipway::repository {

struct ConfiguredTensor {
  TensorSpec spec;             // dims as written, without the batch dimension; dtype; optional
  std::string label_filename;  // outputs only
  bool operator==(const ConfiguredTensor&) const = default;
};

inline constexpr std::string_view kDefaultModelFilename = "model.onnx";

struct ModelConfig {
  std::string name;                   // "" or equal to the folder
  std::string platform;               // "", "onnxruntime_onnx" or "ensemble"
  std::string backend;                // "" or "onnxruntime"
  std::optional<int> max_batch_size;  // > 0: the first dimension of every tensor is the batch
  std::vector<ConfiguredTensor> inputs, outputs;  // empty = as the model says
  VersionPolicy version_policy;
  int instance_count = 0;  // runs at once, all groups together; 0 = not stated
  std::string default_model_filename{kDefaultModelFilename};  // in each version's folder
  std::optional<DynamicBatching> dynamic_batching;
  bool response_cache = false;         // answers are kept and given again
  std::vector<EnsembleStep> ensemble;  // in an order in which they can run; empty = a model file
  std::vector<std::string> without_effect;  // fields that say how, not what: each once
  /// A version of it has no file; other models compute its answers.
  bool is_ensemble() const { return !ensemble.empty(); }
  bool operator==(const ModelConfig&) const = default;
};

/// @param file  for messages: `config.pbtxt:12: "sequence_batching" is not supported yet`.
/// @return kBadModel for what is no text format, a value of the wrong type, and an unknown field
/// (named
///   with the nearest right word); kUnsupported, naming it, for a field of Triton's that asks for
///   what Slipway does not do yet and what could change an answer. A field that says what would be
///   so without it is fine, and so is one that is about speed or metrics alone.
StatusOr<ModelConfig> ParseModelConfig(std::string_view text, std::string_view file);

/// Merges what the model says (`actual`) with what the config says: names, dtypes and dims must
/// agree (a fixed dim may meet -1 on either side; the fixed one wins), an input or output not in
/// the model is kBadModel. With max_batch_size > 0 the first dimension of every tensor must be
/// free. Order and the tensors that the config does not name stay as the model says. Labels are
/// attached by the caller.
StatusOr<Signature> Merge(const Signature& actual, const ModelConfig& config);

}  // namespace slipway::repository
