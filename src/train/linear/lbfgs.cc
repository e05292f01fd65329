#include "train/linear/lbfgs.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "train/linear/linear_model.h"

namespace slipway::train {
namespace {

double Dot(const std::vector<double>& a, const std::vector<double>& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

void AddScaled(double factor, const std::vector<double>& x, std::vector<double>& to) {
  for (size_t i = 0; i < x.size(); ++i) to[i] += factor * x[i];
}

double Largest(const std::vector<double>& x) {
  double largest = 0;
  for (const double value : x) largest = std::max(largest, std::fabs(value));
  return largest;
}

/// −H·gradient, H being the inverse Hessian that the pairs tell.
std::vector<double> Direction(const LbfgsState& state) {
  std::vector<double> direction = state.gradient;
  std::vector<double> shares(state.pairs.size());
  for (size_t i = state.pairs.size(); i-- > 0;) {
    const auto& [step, change] = state.pairs[i];
    shares[i] = Dot(step, direction) / Dot(step, change);
    AddScaled(-shares[i], change, direction);
  }
  if (state.pairs.empty()) {
    const double length = std::sqrt(Dot(direction, direction));
    for (double& value : direction) value /= std::max(length, 1.0);
  } else {
    const auto& [step, change] = state.pairs.back();
    const double scale = Dot(step, change) / Dot(change, change);
    for (double& value : direction) value *= scale;
  }
  for (size_t i = 0; i < state.pairs.size(); ++i) {
    const auto& [step, change] = state.pairs[i];
    AddScaled(shares[i] - Dot(change, direction) / Dot(step, change), step, direction);
  }
  for (double& value : direction) value = -value;
  return direction;
}

/// Moves `to` along the direction until the function has fallen enough and its slope has flattened
/// enough. @return false when no such place is found.
bool SearchLine(const SmoothFunction& function, const LbfgsState& from,
                const std::vector<double>& direction, LbfgsState& to) {
  constexpr double kEnoughFall = 1e-4, kFlatEnough = 0.9;
  constexpr int kMostTrials = 50;
  const double slope = Dot(from.gradient, direction);
  if (!(slope < 0)) return false;
  double shortest = 0, longest = std::numeric_limits<double>::infinity(), length = 1;
  for (int trial = 0; trial < kMostTrials; ++trial) {
    to.at = from.at;
    AddScaled(length, direction, to.at);
    to.value = function(to.at, to.gradient);
    if (!(to.value <= from.value + kEnoughFall * length * slope)) {
      longest = length;
    } else if (Dot(to.gradient, direction) < kFlatEnough * slope) {
      shortest = length;
    } else {
      return true;
    }
    length = std::isinf(longest) ? 2 * shortest : (shortest + longest) / 2;
  }
  return to.value < from.value;
}

}  // namespace

StatusOr<LbfgsEnd> MinimiseLbfgs(const SmoothFunction& function, const LbfgsOptions& options,
                                 const std::function<StatusOr<bool>(const LbfgsState&)>& each,
                                 LbfgsState& state) {
  constexpr double kLeastFall = 64 * std::numeric_limits<double>::epsilon();
  if (state.gradient.empty()) {
    state.gradient.resize(state.at.size());
    state.value = function(state.at, state.gradient);
  }
  LbfgsState next;
  next.gradient.resize(state.at.size());
  for (;;) {
    if (!std::isfinite(state.value) || !std::isfinite(Dot(state.gradient, state.gradient)))
      return DivergedError();
    if (Largest(state.gradient) <= options.tolerance) break;
    if (state.iteration >= options.max_iterations) return LbfgsEnd::kIterations;
    if (!SearchLine(function, state, Direction(state), next)) {
      if (state.pairs.empty()) return LbfgsEnd::kConverged;  // no lower place that numbers can tell
      state.pairs.clear();
      continue;
    }
    LbfgsState::Pair pair{next.at, next.gradient};
    AddScaled(-1, state.at, pair.step);
    AddScaled(-1, state.gradient, pair.change);
    const double fall = state.value - next.value;
    const double size = std::max({std::fabs(state.value), std::fabs(next.value), 1.0});
    std::swap(state.at, next.at);
    std::swap(state.gradient, next.gradient);
    std::swap(state.value, next.value);
    if (Dot(pair.step, pair.change) > 0) state.pairs.push_back(std::move(pair));
    if (state.pairs.size() > options.memory) state.pairs.pop_front();
    ++state.iteration;
    if (fall <= kLeastFall * size) break;  // the state does not tell: nobody may go on from it
    ASSIGN_OR_RETURN(const bool go_on, each(state));
    if (!go_on) return LbfgsEnd::kStopped;
  }
  return LbfgsEnd::kConverged;
}

}  // namespace slipway::train
