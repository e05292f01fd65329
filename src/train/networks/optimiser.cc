#include "train/networks/optimiser.h"

#include <cmath>

#include "base/clones.h"

namespace slipway::train {
namespace {

constexpr float kFirstDecay = 0.9f, kSecondDecay = 0.999f, kLeastDivisor = 1e-8f;

SLIPWAY_CLONES void AdamStep(float rate, const float* gradient, float* first, float* second,
                             float* parameters, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    first[i] = kFirstDecay * first[i] + (1 - kFirstDecay) * gradient[i];
    second[i] = kSecondDecay * second[i] + (1 - kSecondDecay) * gradient[i] * gradient[i];
    parameters[i] -= rate * first[i] / (__builtin_sqrtf(second[i]) + kLeastDivisor);
  }
}

SLIPWAY_CLONES void MomentumStep(float rate, float momentum, bool nesterov, const float* gradient,
                                 float* velocity, float* parameters, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    const float step = rate * gradient[i];
    velocity[i] = momentum * velocity[i] - step;
    parameters[i] += nesterov ? momentum * velocity[i] - step : velocity[i];
  }
}

}  // namespace

Optimiser::Optimiser(const StepOptions& options, size_t parameters) : options_(options) {
  state_.first.resize(parameters);
  if (options.adam) state_.second.resize(parameters);
}

void Optimiser::Step(double learning_rate, std::span<const float> gradient,
                     std::span<float> parameters) {
  ++state_.steps;
  if (!options_.adam)
    return MomentumStep(static_cast<float>(learning_rate), static_cast<float>(options_.momentum),
                        options_.nesterov, gradient.data(), state_.first.data(), parameters.data(),
                        parameters.size());
  const auto steps = static_cast<double>(state_.steps);
  const double unbiased = std::sqrt(1 - std::pow(static_cast<double>(kSecondDecay), steps)) /
                          (1 - std::pow(static_cast<double>(kFirstDecay), steps));
  AdamStep(static_cast<float>(learning_rate * unbiased), gradient.data(), state_.first.data(),
           state_.second.data(), parameters.data(), parameters.size());
}

}  // namespace slipway::train
