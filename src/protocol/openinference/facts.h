#pragma once
// What the protocol tells about the server and its models, and where that is looked up: one serving
// table. JSON (metadata.h) and messages (grpc_metadata.h) are two ways to write it.
// Source: Open Inference Protocol v2; Triton docs/protocol/extension_{statistics,model_repository,
// model_configuration,logging,trace}.md

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "lifecycle/serving_table.h"
#include "protocol/openinference/routes.h"
#include "telemetry/model_metrics.h"
#include "tensor/signature.h"

namespace slipway::openinference {

struct ServerMetadata {
  std::string_view name;     // "slipway"
  std::string_view version;  // "0.1.0"
  std::span<const std::string_view> extensions;
};

struct ModelMetadata {
  std::string_view name;
  std::vector<std::string> versions;  // the ready ones, or the one asked for
  std::string_view platform;          // "onnxruntime_onnx"
  const Signature& signature;         // with the batch dimension, as clients send it
};

/// The names of an input's columns, as far as they are told: none when they take more than 1 MiB.
std::span<const std::string> ColumnsToTell(const TensorSpec& input);

/// The places, from 0, of the columns of an input that are times, for its parameters in the
/// metadata; empty where they are too many for an answer.
std::vector<size_t> TimesToTell(const TensorSpec& input);

/// Of Triton's ModelConfig message the fields that mean something here.
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

struct ModelStatistics {
  std::string_view name;
  std::string_view version;
  ModelMetrics::Statistics numbers;
};

/// A version that the repository index names.
struct IndexEntry {
  std::string name;
  std::string version;  // "" = none could be made out
  std::string state;    // "READY", "UNAVAILABLE", "LOADING", "UNLOADING"
  std::string reason;   // why, when it is not ready
};

/// What is logged, in Triton's words; errors always are.
struct LogSettings {
  bool info = false;
  bool warning = false;
  uint32_t verbose_level = 0;  // 1: debug
};
LogSettings CurrentLogSettings();

/// Settings can be asked for and not changed: kNotOffered.
Status RefuseLogChange();
Status RefuseTraceChange();

/// Traces are what clients' own trace contexts ask for: the level that settings give is "OFF".
/// @param model  "" = the server. @return errors as routing::Resolve has them.
StatusOr<std::string_view> TraceLevelOf(const lifecycle::ServingTable& table,
                                        std::string_view model);

/// The first pass over everything wanted is done, and the server takes requests.
bool IsReady(const lifecycle::ServingTable& table, bool draining);

/// The version that answers requests. @return what routing::Resolve does, kOverloaded while one of
/// its runs does not come back, and kLoading for an ensemble of which a member is not ready.
StatusOr<const lifecycle::VersionHandle*> ReadyVersion(const lifecycle::ServingTable& table,
                                                       std::string_view model,
                                                       std::string_view version);

/// What is returned points into `services`.
ServerMetadata MetadataOf(const Services& services);

/// All below: errors as routing::Resolve has them. What is returned may point into `table`.

StatusOr<ModelMetadata> MetadataOf(const lifecycle::ServingTable& table, std::string_view model,
                                   std::string_view version);

StatusOr<ModelConfigView> ConfigOf(const lifecycle::ServingTable& table, std::string_view model,
                                   std::string_view version);

/// @param model    "" = every model, by name.
/// @param version  "" = every version that is ready.
StatusOr<std::vector<ModelStatistics>> StatisticsOf(const lifecycle::ServingTable& table,
                                                    std::string_view model,
                                                    std::string_view version);

/// Every version that is known, or ready; models by name.
std::vector<IndexEntry> IndexOf(const lifecycle::ServingTable& table, bool only_ready);

}  // namespace slipway::openinference
