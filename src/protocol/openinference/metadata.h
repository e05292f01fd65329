#pragma once
// What the protocol tells about the server and its models, as JSON text: pure functions of plain
// structs. Each appends one JSON value to `out`.
// Source: Open Inference Protocol v2 REST; Triton docs/protocol/extension_{statistics,
// model_repository,model_configuration}.md

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "telemetry/model_metrics.h"
#include "tensor/signature.h"

namespace slipway::openinference {

/// The extensions that are offered, as server metadata lists them.
inline constexpr std::string_view kExtensions[] = {"classification",      "model_repository",
                                                   "model_configuration", "binary_tensor_data",
                                                   "parameters",          "statistics"};

/// GET /v2
struct ServerMetadata {
  std::string_view name;     // "slipway"
  std::string_view version;  // "0.1.0"
  std::span<const std::string_view> extensions = kExtensions;
};
void Write(const ServerMetadata& metadata, std::string& out);

/// GET /v2/models/{m}
struct ModelMetadata {
  std::string_view name;
  std::vector<std::string> versions;  // the ready ones, or the one asked for
  std::string_view platform;          // "onnxruntime_onnx"
  const Signature& signature;         // with the batch dimension, as clients send it
};
void Write(const ModelMetadata& metadata, std::string& out);

/// GET /v2/models/{m}/config: Triton's ModelConfig message as JSON, with the fields that mean
/// something here.
struct ModelConfigView {
  std::string_view name;
  std::string_view platform;  // "onnxruntime_onnx"
  std::string_view backend;   // "onnxruntime"
  int max_batch_size = 0;     // > 0: the signature's first dimension is the batch and is left out
  const Signature& signature;
  std::vector<std::string> label_filenames;  // by output; may be shorter
  struct VersionPolicy {
    enum class Kind { kLatest, kAll, kSpecific } kind = Kind::kLatest;
    int latest = 1;                 // kLatest
    std::vector<int64_t> specific;  // kSpecific
  } version_policy;
  int instance_count = 1;
  std::string_view default_model_filename = "model.onnx";
};
void Write(const ModelConfigView& config, std::string& out);

/// GET /v2/models[/{m}[/versions/{v}]]/stats
struct ModelStatistics {
  std::string_view name;
  std::string_view version;
  ModelMetrics::Statistics numbers;
};
void Write(std::span<const ModelStatistics> models, std::string& out);

/// POST /v2/repository/index
struct IndexEntry {
  std::string name;
  std::string version;  // "" = none could be made out
  std::string state;    // "READY", "UNAVAILABLE", "LOADING", "UNLOADING"
  std::string reason;   // why, when it is not ready
};
void Write(std::span<const IndexEntry> index, std::string& out);

}  // namespace slipway::openinference
