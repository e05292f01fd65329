#include "engine/tabular/forest/measure.h"

#include <time.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "base/random.h"

namespace slipway::forest {
namespace {

constexpr std::array<size_t, kSizeClasses> kRows = {1, 4, 16, 64, 256};
constexpr size_t kMostValues = size_t{1} << 20;
constexpr size_t kFewest = 8;        // rows of a round
constexpr size_t kFewestSliced = 8;  // below, a word of 64 rows is never worth it
constexpr int kRounds = 5;
constexpr double kClear = 1.5;   // times the fastest in two rounds: not measured again
constexpr double kHopeless = 3;  // times the fastest: not for larger classes either

/// [rows, features]: values on and just above cuts, so that a row's way through a tree is no habit
/// of the branch predictor's.
template <typename Value>
std::vector<Value> MakeRows(const Lowered& forest, size_t rows) {
  const auto features = static_cast<size_t>(forest.features);
  std::vector<Value> values(rows * features);
  Random random(0);
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

/// Of this thread, in nanoseconds: on a busy machine the others' turns do not count.
double ProcessorTime() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

/// Nanoseconds to score all rows, `size` at a time.
double TimeOnce(const Evaluator& evaluator, const Rows& rows, size_t element, size_t size,
                void* out) {
  const double begun_ns = ProcessorTime();
  for (size_t first = 0; first + size <= rows.count; first += size) {
    const auto* const values =
        static_cast<const std::byte*>(rows.values) + first * rows.stride * element;
    evaluator.Score({values, size, rows.stride}, out);
  }
  return ProcessorTime() - begun_ns;
}

}  // namespace

KernelChoice Measure(const Lowered& forest, const Evaluators& evaluators, Duration budget) {
  const double end_ns = ProcessorTime() + std::chrono::duration<double, std::nano>(budget).count();
  KernelChoice choice = {};
  const auto candidates = std::count_if(evaluators.begin(), evaluators.end(),
                                        [](const auto& one) { return one != nullptr; });
  if (candidates < 2) return choice;
  const auto features = std::max<size_t>(1, static_cast<size_t>(forest.features));
  const size_t count = std::min(kRows.back(), kMostValues / features);
  const bool floats = forest.compare == Compare::kFp32;
  const auto f32 = floats ? MakeRows<float>(forest, count) : std::vector<float>();
  const auto f64 = floats ? std::vector<double>() : MakeRows<double>(forest, count);
  const void* const values =
      floats ? static_cast<const void*>(f32.data()) : static_cast<const void*>(f64.data());
  std::vector<double> out(count * static_cast<size_t>(forest.targets));

  const size_t element = floats ? sizeof(float) : sizeof(double);
  std::array<bool, kKernelCount> out_of_race = {};
  double row_ns = 0;  // of the one chosen last
  for (size_t c = 0; c < kSizeClasses; ++c) {
    if (c > 0) choice[c] = choice[c - 1];
    std::vector<size_t> racing;
    for (size_t k = 0; k < kKernelCount; ++k)
      if (evaluators[k] != nullptr && !out_of_race[k] &&
          (static_cast<Kernel>(k) != Kernel::kBitSlice || kRows[c] >= kFewestSliced))
        racing.push_back(k);
    if (racing.size() == 1) {
      choice[c] = static_cast<Kernel>(racing[0]);
      continue;
    }
    const size_t rows = std::max(kRows[c], kFewest);
    const double left_ns = end_ns - ProcessorTime();
    if (rows > count || 2 * row_ns * static_cast<double>(rows) > left_ns) continue;
    std::array<double, kKernelCount> best;
    best.fill(std::numeric_limits<double>::infinity());
    for (int round = 0; round < kRounds && racing.size() > 1; ++round) {
      for (const size_t k : racing)
        best[k] = std::min(best[k], TimeOnce(*evaluators[k], {values, rows, features}, element,
                                             kRows[c], out.data()));
      const double share = static_cast<double>(kSizeClasses - c);
      if (ProcessorTime() > end_ns - left_ns * (share - 1) / share) break;
      const double behind = kClear * *std::min_element(best.begin(), best.end());
      if (round > 0) std::erase_if(racing, [&](size_t k) { return best[k] > behind; });
    }
    const auto fastest = std::min_element(best.begin(), best.end());
    choice[c] = static_cast<Kernel>(fastest - best.begin());
    row_ns = *fastest / static_cast<double>(rows);
    // Bit-slicing alone gets cheaper with more rows: who is behind it stays there.
    const double hopeless = choice[c] == Kernel::kBitSlice ? kClear : kHopeless;
    for (size_t k = 0; k < kKernelCount; ++k)
      if (static_cast<Kernel>(k) != Kernel::kBitSlice && best[k] > hopeless * *fastest)
        out_of_race[k] = true;
  }
  return choice;
}

}  // namespace slipway::forest
