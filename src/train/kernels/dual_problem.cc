#include "train/kernels/dual_problem.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <numeric>

#include "train/kernels/row_cache.h"
#include "train/kernels/working_set.h"

namespace slipway::train {
namespace {

constexpr float kMay = 0, kMayNot = -std::numeric_limits<float>::infinity();
constexpr double kLeastCurvature = 1e-12;
// Iterations between two looks at what can be left out.
constexpr int64_t kShrinkEvery = 1000;
// Leaving out fewer than one of so many variables is not worth moving the others.
constexpr size_t kLeastShrunk = 10;

/// Solves over some of the variables, the active ones; f = y · slope, for the others as well once
/// they come back.
class Solver {
 public:
  Solver(const DualProblem& problem, const DualOptions& options)
      : problem_(problem),
        options_(options),
        cache_(options.cache_bytes),
        alpha_(problem.size()),
        f_(problem.size()) {
    if (options.start == nullptr)
      Begin();
    else
      GoOnFrom(*options.start);
  }

  DualSolution Run() {
    DualSolution solution = {.iterations = begun_at_};
    Extremes extremes = Look();
    while (solution.iterations < options_.max_iterations) {
      if (options_.shrinking && --until_shrinking_ == 0) {
        WaitToShrink();
        extremes = Shrink(extremes);
      }
      if (Violation(extremes) < options_.tolerance && active_.size() < problem_.size()) {
        extremes = ActivateAll();
        until_shrinking_ = 1;
      }
      if (Violation(extremes) < options_.tolerance) {
        solution.converged = true;
        break;
      }
      if (!Step(extremes)) {
        solution.converged = true;
        break;
      }
      if (++solution.iterations % kShrinkEvery == 0 && options_.goes_on &&
          !options_.goes_on({.iteration = solution.iterations,
                             .violation = Violation(extremes),
                             .state = [&] { return StateAt(solution.iterations); }}))
        break;
    }
    if (active_.size() < problem_.size()) ActivateAll();
    solution.rho = Rho();
    solution.alpha = alpha_;
    return solution;
  }

 private:
  void Begin() {
    for (size_t s = 0; s < problem_.size(); ++s) f_[s] = problem_.sign[s] * problem_.linear[s];
    std::vector<uint32_t> all(problem_.size());
    std::iota(all.begin(), all.end(), 0);
    Activate(std::move(all));
    WaitToShrink();
  }

  void GoOnFrom(const DualState& state) {
    begun_at_ = state.iterations;
    until_shrinking_ = state.until_shrinking;
    near_optimum_ = state.near_optimum;
    alpha_ = state.alpha;
    for (size_t place = 0; place < state.active.size(); ++place)
      f_[state.active[place]] = state.slope[place];
    Activate(state.active);
    cache_.Reset(active_.size(), kernels_->padded());
  }

  DualState StateAt(int64_t iteration) const {
    return {.iterations = iteration,
            .until_shrinking = until_shrinking_,
            .near_optimum = near_optimum_,
            .alpha = alpha_,
            .active = active_,
            .slope = {slope_.begin(), slope_.begin() + std::ssize(active_)}};
  }

  void WaitToShrink() { until_shrinking_ = std::min(std::ssize(alpha_), kShrinkEvery); }

  static double Violation(const Extremes& extremes) { return extremes.most_up + extremes.most_low; }

  bool MayGoUp(size_t s) const {
    return problem_.sign[s] > 0 ? alpha_[s] < problem_.bound[s] : alpha_[s] > 0;
  }
  bool MayGoDown(size_t s) const {
    return problem_.sign[s] > 0 ? alpha_[s] > 0 : alpha_[s] < problem_.bound[s];
  }
  void Mark(size_t place) {
    up_[place] = MayGoUp(active_[place]) ? kMay : kMayNot;
    low_[place] = MayGoDown(active_[place]) ? kMay : kMayNot;
  }

  /// Takes these variables as the active ones; f_ is right for them.
  void Activate(std::vector<uint32_t> variables) {
    active_ = std::move(variables);
    std::vector<uint32_t> points;
    for (const uint32_t s : active_) points.push_back(problem_.point[s]);
    kernels_ = std::make_unique<KernelRows>(problem_.points, points);
    const size_t padded = kernels_->padded();
    slope_.assign(padded, 0);
    up_.assign(padded, kMayNot);
    low_.assign(padded, kMayNot);
    nothing_.assign(padded, 0);
    for (size_t place = 0; place < active_.size(); ++place) {
      slope_[place] = f_[active_[place]];
      Mark(place);
    }
    if (active_.size() == problem_.size()) cache_.Reset(active_.size(), padded);
  }

  Extremes Look() {
    return MoveAndFindExtremes(0, nothing_.data(), nothing_.data(), up_.data(), low_.data(),
                               slope_.data(), slope_.size());
  }

  const float* Row(size_t place) {
    bool is_new = false;
    float* const row = cache_.Get(place, is_new);
    if (is_new)
      kernels_->Row(problem_.points.row(problem_.point[active_[place]]), options_.team, row);
    return row;
  }

  /// Moves the most violating pair to its optimum, or until a bound.
  /// @return false when no pair lowers the dual.
  bool Step(Extremes& extremes) {
    const size_t i = extremes.up;
    const float* const row_i = Row(i);
    const std::span<const float> diagonal = kernels_->diagonal();
    const size_t j = FindPartner(row_i, diagonal.data(), diagonal[i], extremes.most_up, low_.data(),
                                 slope_.data(), slope_.size());
    if (j == slope_.size()) return false;
    const float* const row_j = Row(j);
    const double curvature = static_cast<double>(diagonal[i]) + diagonal[j] - 2.0 * row_i[j];
    double step = (slope_[j] - slope_[i]) / std::max(curvature, kLeastCurvature);
    step = std::min({step, RoomAbove(active_[i]), RoomBelow(active_[j])});
    Move(active_[i], step);
    Move(active_[j], -step);
    Mark(i);
    Mark(j);
    extremes = MoveAndFindExtremes(step, row_i, row_j, up_.data(), low_.data(), slope_.data(),
                                   slope_.size());
    return true;
  }

  /// How far y·α may rise, and fall.
  double RoomAbove(size_t s) const {
    return problem_.sign[s] > 0 ? problem_.bound[s] - alpha_[s] : alpha_[s];
  }
  double RoomBelow(size_t s) const {
    return problem_.sign[s] > 0 ? alpha_[s] : problem_.bound[s] - alpha_[s];
  }
  /// What is closer to a bound than rounding is at it.
  void Move(size_t s, double step) {
    const double bound = problem_.bound[s];
    const double moved = alpha_[s] + problem_.sign[s] * step;
    alpha_[s] = moved < bound * 1e-12 ? 0 : moved > bound * (1 - 1e-12) ? bound : moved;
  }

  /// Leaves out variables at a bound that no pair would move, as things stand.
  Extremes Shrink(const Extremes& extremes) {
    if (!near_optimum_ && Violation(extremes) <= options_.tolerance * 10) {
      near_optimum_ = true;
      if (active_.size() < problem_.size()) return ActivateAll();
    }
    std::vector<uint32_t> kept;
    for (uint32_t place = 0; place < active_.size(); ++place) {
      const bool only_up = low_[place] == kMayNot, only_down = up_[place] == kMayNot;
      const bool is_idle = (only_up && slope_[place] > extremes.most_low) ||
                           (only_down && -slope_[place] > extremes.most_up);
      if (!is_idle) kept.push_back(place);
    }
    const size_t shrunk = active_.size() - kept.size();
    if (shrunk * kLeastShrunk < active_.size()) return extremes;
    std::vector<uint32_t> variables;
    for (const uint32_t place : kept) variables.push_back(active_[place]);
    SaveSlopes();
    Activate(std::move(variables));
    cache_.Compact(kept, kernels_->padded());
    return Look();
  }

  void SaveSlopes() {
    for (size_t place = 0; place < active_.size(); ++place) f_[active_[place]] = slope_[place];
  }

  /// Brings back what was left out, with its slopes as they are by now.
  Extremes ActivateAll() {
    SaveSlopes();
    std::vector<bool> is_active(problem_.size());
    for (const uint32_t s : active_) is_active[s] = true;
    std::vector<uint32_t> idle, points, all(problem_.size());
    for (uint32_t s = 0; s < problem_.size(); ++s) {
      all[s] = s;
      if (is_active[s]) continue;
      idle.push_back(s);
      points.push_back(problem_.point[s]);
    }
    const std::vector<double> slopes = SlopesOf(idle, KernelRows(problem_.points, points));
    for (size_t i = 0; i < idle.size(); ++i) f_[idle[i]] = slopes[i];
    Activate(std::move(all));
    return Look();
  }

  /// y·linear + Σ y·α·K of variables that are not active.
  std::vector<double> SlopesOf(std::span<const uint32_t> idle, const KernelRows& kernels) const {
    std::vector<double> slopes(kernels.padded());
    for (size_t i = 0; i < idle.size(); ++i)
      slopes[i] = problem_.sign[idle[i]] * problem_.linear[idle[i]];
    const size_t parts = options_.team == nullptr ? 1 : options_.team->size();
    const auto part_of = [&](size_t part) {
      const Share share = ShareOf(kernels.groups(), part, parts);
      const size_t begin = share.begin * PackedRows::kGroup, end = share.end * PackedRows::kGroup;
      std::vector<float> row(kernels.padded());
      for (size_t s = 0; s < problem_.size(); ++s) {
        if (alpha_[s] == 0) continue;
        kernels.PartOfRow(problem_.points.row(problem_.point[s]), share.begin, share.end,
                          row.data());
        const double weight = problem_.sign[s] * alpha_[s];
        for (size_t k = begin; k < end; ++k) slopes[k] += weight * static_cast<double>(row[k]);
      }
    };
    if (parts == 1)
      part_of(0);
    else
      options_.team->ForEach(parts, part_of);
    return slopes;
  }

  /// The mean of f over free variables, or the middle between what bounds allow.
  double Rho() const {
    double sum = 0, least = -std::numeric_limits<double>::infinity(), most = -least;
    size_t free = 0;
    for (size_t place = 0; place < active_.size(); ++place) {
      const bool up = up_[place] == kMay, down = low_[place] == kMay;
      const double f = slope_[place];
      if (up && down) {
        sum += f;
        ++free;
      } else if (up) {
        most = std::min(most, f);
      } else {
        least = std::max(least, f);
      }
    }
    if (free > 0) return sum / static_cast<double>(free);
    if (!std::isfinite(least)) return most;
    return std::isfinite(most) ? (least + most) / 2 : least;
  }

  const DualProblem& problem_;
  const DualOptions& options_;
  RowCache cache_;
  std::vector<double> alpha_, f_;  // by variable; f_ of active ones is in slope_
  bool near_optimum_ = false;
  int64_t begun_at_ = 0, until_shrinking_ = 0;

  // By place among the active variables, filled up to whole groups.
  std::vector<uint32_t> active_;
  std::unique_ptr<KernelRows> kernels_;
  std::vector<double> slope_;
  std::vector<float> up_, low_, nothing_;
};

}  // namespace

bool Fits(const DualState& state, const DualProblem& problem) {
  const auto& [iterations, until_shrinking, near_optimum, alpha, active, slope] = state;
  if (iterations < 0 || until_shrinking < 1 || until_shrinking > kShrinkEvery) return false;
  if (alpha.size() != problem.size() || slope.size() != active.size()) return false;
  for (size_t s = 0; s < alpha.size(); ++s)
    if (!(alpha[s] >= 0 && alpha[s] <= problem.bound[s])) return false;
  return !active.empty() && active.back() < problem.size() &&
         std::ranges::adjacent_find(active, std::greater_equal()) == active.end();
}

DualSolution Solve(const DualProblem& problem, const DualOptions& options) {
  return Solver(problem, options).Run();
}

}  // namespace slipway::train
