#include "train/linear/svm_dual.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>

#include "train/algebra/row_kernels.h"

namespace slipway::train {

SvmRows::SvmRows(const Samples& samples, bool fit_intercept)
    : count(samples.rows),
      stride(PaddedRow(samples.features.size() + (fit_intercept ? 1 : 0))),
      values(count * stride, 0),
      squares(count) {
  ToRows(samples.values.data(), count, samples.features.size(), stride, values.data());
  for (size_t i = 0; i < count; ++i) {
    if (fit_intercept) values[i * stride + samples.features.size()] = 1;
    squares[i] = RowDot(row(i), row(i), stride);
  }
}

namespace {

/// A row's dual variable: minimises (square + slack) t² / 2 − … + tube |t| within its bounds.
struct Dual {
  double low, high;
  double slack;  // of squared losses
};

Dual DualOf(double target, double cost, bool tube, bool squared) {
  const double most = squared ? std::numeric_limits<double>::infinity() : cost;
  const double slack = squared ? 1 / (2 * cost) : 0;
  return {tube || target < 0 ? -most : 0, tube || target > 0 ? most : 0, slack};
}

/// Where the variable is to go, and how strongly it is held where it stands.
struct Step {
  double to;
  double held;  // by how much the derivative could change before the variable would move
};
Step StepOf(const Dual& dual, double at, double derivative, double square, double tube) {
  const double wish = at * square - derivative;  // before the tube's threshold
  const double inner = std::max(std::fabs(wish) - tube, 0.0);
  const double free = std::copysign(inner, wish) / square;
  const double to = std::clamp(free, dual.low, dual.high);
  if (to != at) return {to, 0};
  if (to == 0 && inner == 0) return {to, tube - std::fabs(wish)};
  return {to, std::fabs(free - to) * square};
}

}  // namespace

std::vector<double> DescendDual(const SvmRows& rows, const std::vector<double>& targets,
                                const std::vector<double>& costs, bool tube,
                                const SvmOptions& options, const SvmReport& report) {
  constexpr size_t kAhead = 8;  // rows that memory is told of
  const double width = tube ? options.epsilon : 0;
  std::vector<double> weights(rows.stride, 0), duals(rows.count, 0);
  std::vector<uint32_t> all;
  for (size_t i = 0; i < rows.count; ++i)
    if (costs[i] > 0 && rows.squares[i] > 0) all.push_back(static_cast<uint32_t>(i));
  std::vector<uint32_t> active = all;
  std::mt19937_64 random(options.seed);
  double allowed = std::numeric_limits<double>::infinity();
  for (int64_t iteration = 1; iteration <= options.max_iterations; ++iteration) {
    for (size_t i = active.size(); i > 1; --i) std::swap(active[i - 1], active[random() % i]);
    double violation = 0;
    size_t kept = 0;
    for (size_t place = 0; place < active.size(); ++place) {
      __builtin_prefetch(rows.row(active[std::min(place + kAhead, active.size() - 1)]));
      const uint32_t i = active[place];
      const Dual dual = DualOf(targets[i], costs[i], tube, options.squared);
      const double square = rows.squares[i] + dual.slack;
      const double derivative =
          RowDot(weights.data(), rows.row(i), rows.stride) - targets[i] + dual.slack * duals[i];
      const Step step = StepOf(dual, duals[i], derivative, square, width);
      if (step.held > allowed) continue;  // left out until the others have settled
      active[kept++] = i;
      const double by = step.to - duals[i];
      if (by == 0) continue;
      duals[i] = step.to;
      violation = std::max(violation, std::fabs(by) * square);
      RowUpdate(1, by, rows.row(i), rows.stride, weights.data());
    }
    active.resize(kept);
    allowed = violation > 0 ? violation : std::numeric_limits<double>::infinity();
    if (!report(iteration, violation)) break;
    if (violation > options.tolerance) continue;
    if (active.size() == all.size()) break;
    active = all;
    allowed = std::numeric_limits<double>::infinity();
  }
  return weights;
}

}  // namespace slipway::train
