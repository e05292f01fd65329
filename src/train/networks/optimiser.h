#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace slipway::train {

/// How a gradient becomes a step.
struct StepOptions {
  bool adam = true;  // else stochastic gradient descent with momentum
  double momentum = 0.9;
  bool nesterov = true;
};

/// Moves parameters against gradients. Threads: one at a time.
/// Source: Kingma, Ba, "Adam: a method for stochastic optimization" (2015), with its constants;
/// Sutskever et al., "On the importance of initialization and momentum in deep learning" (2013).
class Optimiser {
 public:
  Optimiser(const StepOptions& options, size_t parameters);
  void Step(double learning_rate, std::span<const float> gradient, std::span<float> parameters);

  /// All that a step depends on besides its arguments, for checkpoints.
  struct State {
    int64_t steps = 0;
    std::vector<float> first, second;  // moments; of gradient descent, velocities and nothing
  };
  State& state() { return state_; }
  const State& state() const { return state_; }

 private:
  StepOptions options_;
  State state_;
};

}  // namespace slipway::train
