#pragma once
// What a run of small tensors needs from ONNX Runtime, made once and used again.

#include <absl/container/inlined_vector.h>

#include <atomic>
#include <memory>
#include <span>
#include <vector>

#include "base/mutex.h"
#include "base/status.h"
#include "engine/onnxruntime/api.h"
#include "tensor/signature.h"
#include "tensor/tensor.h"

namespace slipway::onnxruntime {

/// The arguments of OrtApi::Run on one side.
struct NamedValues {
  absl::InlinedVector<const char*, 8> names;
  absl::InlinedVector<Owned<OrtValue>, 8> values;
};

/// The values of a run whose inputs have certain shapes: copying a few bytes in and out costs less
/// than making values around the caller's bytes and having ONNX Runtime make the outputs.
/// Threads: one at a time.
class PreparedRun {
 public:
  static constexpr size_t kMaxBytes = 4096;  // of all tensors together

  /// True when all inputs are given, hold numbers and are small enough.
  static bool Suits(std::span<const Tensor* const> inputs);

  /// @param inputs   suit
  /// @param results  what the run of `inputs` gave for `outputs`.
  /// @return null when a result holds strings or less than a mark (prepared_run.cc), or all tensors
  /// are too large together.
  static StatusOr<std::unique_ptr<PreparedRun>> Create(const Signature& signature,
                                                       std::span<const Tensor* const> inputs,
                                                       std::span<const size_t> outputs,
                                                       std::span<const Tensor> results,
                                                       const OrtMemoryInfo& memory);

  bool Fits(std::span<const Tensor* const> inputs, std::span<const size_t> outputs) const;

  void CopyIn(std::span<const Tensor* const> inputs);
  NamedValues& feeds() { return feeds_; }
  NamedValues& fetches() { return fetches_; }
  /// Whether the run wrote every output since CopyIn. It does not write one that is an input of the
  /// graph: ONNX Runtime then puts the input's value in its place, where the C API does not see it.
  bool Wrote() const;
  /// Wrote.
  void CopyOut(std::vector<Tensor>& results) const;

 private:
  /// A tensor's place in memory_.
  struct Slot {
    DType dtype;
    Shape shape;
    size_t offset;
    size_t bytes;
  };
  Status Add(const TensorSpec& spec, const Tensor& tensor, const OrtMemoryInfo& memory,
             std::vector<Slot>& slots, NamedValues& values);

  std::vector<Slot> inputs_;
  std::vector<Slot> results_;
  std::vector<size_t> outputs_;
  Buffer memory_;
  std::byte* start_ = nullptr;
  size_t used_ = 0;
  size_t results_begin_ = 0;
  using Mark = uint32_t;
  Mark mark_ = 0;  // stands at the start of every output until the run writes it
  NamedValues feeds_;
  NamedValues fetches_;
};

/// Those that no run uses now. Threads: any.
class PreparedRuns {
 public:
  /// One that fits; null when there is none.
  std::unique_ptr<PreparedRun> Take(std::span<const Tensor* const> inputs,
                                    std::span<const size_t> outputs);
  /// Keeps it for a later run; the one that was not used for longest makes room.
  void Give(std::unique_ptr<PreparedRun> run);
  /// For a model whose shapes follow from values: none is kept from now on.
  void Abandon();
  bool wanted() const { return wanted_.load(std::memory_order_relaxed); }

 private:
  static constexpr size_t kMost = 16;

  std::atomic<bool> wanted_ = true;
  Mutex mutex_;
  std::vector<std::unique_ptr<PreparedRun>> idle_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace slipway::onnxruntime
