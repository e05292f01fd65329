#pragma once
#include <atomic>
#include <memory>
#include <vector>

#include "engine/engine.h"
#include "engine/tabular/program.h"

namespace slipway::tabular {

/// Bytes that runs of one engine hold, results included that callers still keep. Threads: any.
class RunMemory {
 public:
  bool Take(size_t bytes, size_t limit);
  void Return(size_t bytes) { held_.fetch_sub(bytes, std::memory_order_relaxed); }

 private:
  std::atomic<size_t> held_ = 0;
};

/// A program that runs.
class Model final : public LoadedModel {
 public:
  Model(Program program, Signature signature, const LoadOptions& options,
        std::shared_ptr<RunMemory> memory);

  const Signature& signature() const override { return signature_; }
  Status Run(std::span<const Tensor* const> inputs, std::span<const size_t> outputs,
             const RunOptions& options, std::vector<Tensor>& results) const override;

 private:
  class Execution;

  const Program program_;
  const Signature signature_;
  const LoadOptions options_;
  const std::shared_ptr<RunMemory> memory_;
};

}  // namespace slipway::tabular
