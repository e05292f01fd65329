#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "batching/model_queue.h"
#include "bundle/artifact.h"
#include "engine/engine.h"
#include "infer/response_cache.h"
#include "repository/model_config.h"
#include "telemetry/model_metrics.h"
#include "tensor/signature.h"

namespace slipway::lifecycle {

/// One version that is loaded and has proven itself. Immutable; what counts and queues lies behind
/// pointers that are safe from any thread.
struct ServedVersion {
  ModelName name;
  VersionNumber number;
  std::string version;  // number as text, for answers
  std::string digest;
  std::string platform;  // "onnxruntime_onnx", "slipway_tabular", "ensemble"
  Signature signature;   // what the model says, narrowed by its configuration, with labels
  std::vector<std::string> features;  // names of the columns of the only [n,F] input; may be empty
  repository::ModelConfig config;
  int instances = 1;                            // runs at once
  Duration run_limit{};                         // a run that takes longer is ended; 0: none
  bool time_follows_values = false;             // how long a run takes, besides from sizes
  bool batched = false;                         // the first dimension of every tensor is the batch
  bool row_wise = false;                        // … or may be: it is free
  int64_t piece_rows = 0;                       // requests of more run in such pieces; 0: whole
  std::vector<bundle::Example> examples;        // a few, for descriptions; may be empty
  std::unique_ptr<LoadedModel> model;           // null for an ensemble
  std::shared_ptr<batching::ModelQueue> queue;  // null for an ensemble: its steps have theirs
  std::shared_ptr<ModelMetrics> metrics;
  std::unique_ptr<ResponseCache> cache;  // null: every request is computed

  /// A worker of it does not come back.
  bool IsStuck() const { return queue && queue->IsStuck(); }
};

/// Who holds one keeps the version loaded. The last holder does not pay for the unload: it is
/// handed to the lifecycle thread.
using VersionHandle = std::shared_ptr<const ServedVersion>;

}  // namespace slipway::lifecycle
