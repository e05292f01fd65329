#pragma once
#include <memory>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "engine/onnxruntime/api.h"
#include "engine/onnxruntime/memory.h"
#include "engine/onnxruntime/prepared_run.h"
#include "engine/onnxruntime/watchdog.h"

namespace slipway::onnxruntime {

/// What the engine and every model it loaded share; it ends with the last of them.
struct Runtime {
  Owned<OrtEnv> env;
  std::unique_ptr<Memory> memory;
  Owned<OrtMemoryInfo> cpu_memory;
  Watchdog watchdog;
};

/// An ONNX Runtime session.
class Model final : public LoadedModel {
 public:
  /// @param signature  names in the model's own spelling; every name is known to the session.
  /// @param options    of the load: its limits are those of runs.
  static StatusOr<std::unique_ptr<Model>> Create(std::shared_ptr<Runtime> runtime,
                                                 Owned<OrtSession> session, Signature signature,
                                                 const LoadOptions& options);

  const Signature& signature() const override { return signature_; }
  bool prepares() const override { return prepares_; }
  void set_prepares(bool prepares) { prepares_ = prepares; }
  Status Run(std::span<const Tensor* const> inputs, std::span<const size_t> outputs,
             const RunOptions& options, std::vector<Tensor>& results) const override;

 private:
  Model(std::shared_ptr<Runtime> runtime, Owned<OrtSession> session, Signature signature,
        Owned<OrtRunOptions> quiet, const LoadOptions& options);

  Status RunValues(const RunOptions& options, const NamedValues& feeds, NamedValues& fetches) const;
  Status RunUntil(TimePoint deadline, const NamedValues& feeds, NamedValues& fetches) const;
  Status RunWith(const OrtRunOptions& options, const NamedValues& feeds,
                 NamedValues& fetches) const;
  Status RunPrepared(std::span<const Tensor* const> inputs, std::span<const size_t> outputs,
                     const RunOptions& options, std::unique_ptr<PreparedRun> run,
                     std::vector<Tensor>& results) const;
  Status RunUnprepared(std::span<const Tensor* const> inputs, std::span<const size_t> outputs,
                       const RunOptions& options, std::vector<Tensor>& results) const;
  Status TakeResults(std::span<const Tensor* const> inputs, std::span<const size_t> outputs,
                     NamedValues& fetches, std::vector<Tensor>& results) const;

  const std::shared_ptr<Runtime> runtime_;
  const std::shared_ptr<OrtSession> session_;
  const Signature signature_;
  const Owned<OrtRunOptions> quiet_;  // for every run without a deadline
  const size_t max_output_bytes_;
  const MemoryLimits memory_limits_;
  bool prepares_ = false;
  mutable PreparedRuns prepared_;
};

}  // namespace slipway::onnxruntime
