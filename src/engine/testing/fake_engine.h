#pragma once
// An engine without ONNX Runtime, for tests of what surrounds an engine, under ThreadSanitizer too.
// Its models are real ONNX models whose metadata says how a run behaves, so that everything before
// the engine (inspection, bundles, digests) takes them for what they are.

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/mutex.h"
#include "engine/engine.h"

namespace slipway::testing {

/// A model for the fake engine: output i is a copy of input min(i, last), plus `add` in every
/// element when it is numeric, which makes one version's answers differ from another's.
struct FakeModel {
  Signature signature = {.inputs = {{.name = "x", .dtype = DType::kFp32, .shape = {-1, 2}}},
                         .outputs = {{.name = "y", .dtype = DType::kFp32, .shape = {-1, 2}}}};
  int64_t add = 0;
  int64_t burn_us = 0;  // handed to Options::burn before each run answers
  bool gated = false;   // runs wait while the engine's gate is closed

  /// Bytes of an ONNX model.
  std::string Serialize() const;
};

/// Threads: all of it from any.
class FakeEngine final : public Engine {
 public:
  struct Options {
    /// Uses up that much time; the default spins on this thread's CPU clock.
    std::function<void(int64_t us)> burn;
    /// Its models have a prepared form: their bytes. Whatever LoadOptions::prepared holds is
    /// loaded.
    bool prepares = false;
  };

  FakeEngine();
  explicit FakeEngine(Options options);
  ~FakeEngine() override;

  std::string_view name() const override { return "fake"; }
  std::string_view version() const override { return "1"; }
  /// kBadModel for anything Inspect refuses.
  StatusOr<std::unique_ptr<LoadedModel>> Load(const ModelBytes& model,
                                              const LoadOptions& options) override;

  /// The next `n` loads answer kBadModel, the next `n` runs kInternal.
  void FailNextLoads(int n);
  void FailNextRuns(int n);

  /// Runs of gated models wait between Close and Open. A run whose deadline passes meanwhile
  /// answers kDeadlineExceeded.
  void CloseGate();
  void OpenGate();
  /// Returns once `n` runs wait at the gate.
  void WaitForRunsAtGate(int n);

  struct Counts {
    int64_t loads = 0;
    int64_t prepared_loads = 0;  // of them
    int threads = 0;             // inside one run, as the last load asked for
    int64_t runs = 0;
    int64_t rows = 0;  // sum of the first dimension of the first input
    int live_models = 0;
    int running = 0;
    int most_running = 0;  // at once
  };
  Counts counts() const;

 private:
  class Model;
  struct State;
  const std::shared_ptr<State> state_;
};

}  // namespace slipway::testing
