#include "engine/tabular/forest/measure.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace slipway::forest {
namespace {

constexpr std::array<size_t, kSizeClasses> kRows = {1, 4, 16, 64, kBlockRows};
constexpr size_t kMostValues = size_t{1} << 20;
constexpr int kRounds = 5;

using Time = std::chrono::steady_clock;

/// xorshift64*: the same rows for the same forest.
class Random {
 public:
  size_t Below(size_t end) {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return (state_ * 2685821657736338717u >> 33) % end;
  }

 private:
  uint64_t state_ = 88172645463325252u;
};

/// [rows, features]: values on and just above cuts, so that a row's way through a tree is no habit
/// of the branch predictor's.
template <typename Value>
std::vector<Value> MakeRows(const Lowered& forest, size_t rows) {
  const auto features = static_cast<size_t>(forest.features);
  std::vector<Value> values(rows * features);
  Random random;
  for (const Column& column : forest.columns) {
    if (column.cuts.empty()) continue;
    for (size_t row = 0; row < rows; ++row) {
      const auto cut = static_cast<Value>(column.cuts[random.Below(column.cuts.size())]);
      values[row * features + static_cast<size_t>(column.feature)] =
          random.Below(2) == 0 ? cut : std::nextafter(cut, std::numeric_limits<Value>::infinity());
    }
  }
  return values;
}

/// Nanoseconds to score all rows, `size` at a time.
double TimeOnce(const Evaluator& evaluator, const Rows& rows, size_t element, size_t size,
                void* out) {
  const auto begun = Time::now();
  for (size_t first = 0; first + size <= rows.count; first += size) {
    const auto* const values =
        static_cast<const std::byte*>(rows.values) + first * rows.stride * element;
    evaluator.Score({values, size, rows.stride}, out);
  }
  return std::chrono::duration<double, std::nano>(Time::now() - begun).count();
}

}  // namespace

KernelChoice Measure(const Lowered& forest, const Evaluators& evaluators, Duration budget) {
  const auto begun = Time::now();
  KernelChoice choice = {};
  const auto candidates = std::count_if(evaluators.begin(), evaluators.end(),
                                        [](const auto& one) { return one != nullptr; });
  if (candidates < 2) return choice;
  const auto features = std::max<size_t>(1, static_cast<size_t>(forest.features));
  const size_t count = std::min(kBlockRows, kMostValues / features);
  const bool floats = forest.compare == Compare::kFp32;
  const auto f32 = floats ? MakeRows<float>(forest, count) : std::vector<float>();
  const auto f64 = floats ? std::vector<double>() : MakeRows<double>(forest, count);
  const void* const values =
      floats ? static_cast<const void*>(f32.data()) : static_cast<const void*>(f64.data());
  std::vector<double> out(count * static_cast<size_t>(forest.targets));

  double row_ns = 0;  // of the slowest evaluator that was measured last
  for (size_t c = 0; c < kSizeClasses; ++c) {
    if (c > 0) choice[c] = choice[c - 1];
    // A few calls at small sizes say enough.
    const size_t rows = std::min(count, kRows[c] * (c < 2 ? 16 : 1));
    const double one_round_ns = row_ns * static_cast<double>(rows * evaluators.size());
    const auto left = budget - (Time::now() - begun);
    if (rows < kRows[c] || one_round_ns > std::chrono::duration<double, std::nano>(left).count())
      continue;
    std::array<double, kKernelCount> best;
    best.fill(std::numeric_limits<double>::infinity());
    for (int round = 0; round < kRounds; ++round) {
      for (size_t k = 0; k < evaluators.size(); ++k)
        if (evaluators[k] != nullptr)
          best[k] = std::min(
              best[k], TimeOnce(*evaluators[k], {values, rows, features},
                                floats ? sizeof(float) : sizeof(double), kRows[c], out.data()));
      if (round > 0 && Time::now() - begun > budget * (c + 1) / kSizeClasses) break;
    }
    choice[c] = static_cast<Kernel>(std::min_element(best.begin(), best.end()) - best.begin());
    row_ns = 0;
    for (const double ns : best)
      if (std::isfinite(ns)) row_ns = std::max(row_ns, ns / static_cast<double>(rows));
  }
  return choice;
}

}  // namespace slipway::forest
