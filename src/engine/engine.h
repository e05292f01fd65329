#pragma once
// The interface every engine implements. An engine turns model bytes into a LoadedModel; a loaded
// model runs tensors.

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "onnx/model_bytes.h"
#include "tensor/signature.h"
#include "tensor/tensor.h"

namespace slipway {

/// Memory for what a model computes: its weights and the caller's inputs do not count.
struct MemoryLimits {
  static constexpr size_t kNone = size_t{1}
                                  << 60;  // beyond any memory; sums with it do not overflow

  size_t run_bytes = kNone;  // at any time in one run; what needs more is kTooLarge
  size_t all_runs_bytes =
      kNone;  // of the engine together, results still held included: kOverloaded
};

struct LoadOptions {
  int intra_op_threads = 1;
  size_t max_output_bytes = size_t{1} << 30;  // a run that would answer with more is refused
  // What the caller promises about inputs, so that an engine can tell how many shapes to expect.
  size_t max_input_bytes = MemoryLimits::kNone;
  int max_rows = 0;  // > 0: the first dimension of all inputs is the same, at most this
  MemoryLimits memory;
  /// What an earlier load put into `*prepare`: of the very same model, by the same version of the
  /// engine, on the same processor. It is loaded in the model's place, more quickly, and gives the
  /// same answers. Borrowed for the call; an engine that has no such forms ignores it.
  Buffer prepared;
  /// Gets the model in that form, 64-byte aligned; stays as it is where LoadedModel::prepares is
  /// false. Such a load takes longer. Or null.
  Buffer* prepare = nullptr;
};

struct RunOptions {
  std::optional<TimePoint> deadline;  // a run past it is terminated where the engine can
};

/// Which engine runs a model, for people.
struct ModelOrigin {
  std::string engine;    // "tabular"; "" where nothing chose between engines
  std::string version;   // "1.30.0"
  std::string declined;  // why the engines asked before it do not: "tabular: node …"; often empty
};

/// Threads: Run is safe from any number of threads at once.
class LoadedModel {
 public:
  virtual ~LoadedModel() = default;

  const ModelOrigin& origin() const { return origin_; }
  /// Called by whoever loaded the model, before anything else sees it.
  void set_origin(ModelOrigin origin) { origin_ = std::move(origin); }

  virtual const Signature& signature() const = 0;

  /// Whether the next load of the model would gain from LoadOptions::prepared.
  virtual bool prepares() const { return false; }

  /// Runs once.
  /// @param inputs   by index into signature().inputs; nullptr for an optional input left out. Data
  ///                 matches dtype and shape (infer/validate.h has seen to it) and is 64-byte
  ///                 aligned or not; borrowed for the call.
  /// @param outputs  indexes into signature().outputs, in the order wanted.
  /// @param results  resized to outputs.size(); each owns its data.
  /// @return kBadRequest when the model itself refuses the values (a shape that its graph cannot
  /// take),
  ///         kTooLarge or kOverloaded over a limit of LoadOptions, kDeadlineExceeded, kInternal.
  virtual Status Run(std::span<const Tensor* const> inputs, std::span<const size_t> outputs,
                     const RunOptions& options, std::vector<Tensor>& results) const = 0;

 private:
  ModelOrigin origin_;
};

/// Threads: Load is safe from any thread; it may take seconds and never runs on an I/O thread.
class Engine {
 public:
  virtual ~Engine() = default;
  virtual std::string_view name() const = 0;     // "onnxruntime"
  virtual std::string_view version() const = 0;  // "1.30.0"

  /// @return kBadModel with a message that names the culprit (operator, node, initializer).
  virtual StatusOr<std::unique_ptr<LoadedModel>> Load(const ModelBytes& model,
                                                      const LoadOptions& options) = 0;
};

}  // namespace slipway
