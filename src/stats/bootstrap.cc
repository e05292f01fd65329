#include "stats/bootstrap.h"

#include <algorithm>

#include "base/random.h"

namespace slipway::stats {
namespace {

constexpr size_t kMaxGroups = 100;
/// Fewer parts than resamples, so that the memory of their weights is touched once.
constexpr size_t kParts = 32;

/// How often each row is drawn in as many draws as there are rows, times its weight.
void Draw(std::span<const double> weights, Random random, std::span<double> drawn) {
  std::fill(drawn.begin(), drawn.end(), 0.0);
  const uint64_t rows = drawn.size();
  // Two rows of 32 bits each from one random number: there are fewer than 2^32 rows.
  for (uint64_t i = 0; i + 1 < rows; i += 2) {
    const uint64_t bits = random.Next();
    drawn[((bits & 0xFFFFFFFF) * rows) >> 32] += 1;
    drawn[((bits >> 32) * rows) >> 32] += 1;
  }
  if (rows % 2 == 1) drawn[random.Below(rows)] += 1;
  if (weights.empty()) return;
  for (size_t row = 0; row < drawn.size(); ++row) drawn[row] *= weights[row];
}

/// The rows without each groups-th one from `group` on: neighbours are in different groups.
void LeaveOut(std::span<const double> weights, size_t group, size_t groups,
              std::span<double> left) {
  for (size_t row = 0; row < left.size(); ++row)
    left[row] = row % groups == group ? 0.0 : weights.empty() ? 1.0 : weights[row];
}

}  // namespace

std::vector<Bootstrapped> Bootstrap(size_t rows, std::span<const double> weights,
                                    std::span<const WeightedFigure> figures,
                                    const BootstrapOptions& options) {
  const size_t resamples = static_cast<size_t>(std::max(options.resamples, 0));
  const size_t groups = std::min(rows, kMaxGroups);
  std::vector<Bootstrapped> results(figures.size());
  const std::vector<double> own = weights.empty()
                                      ? std::vector<double>(rows, 1.0)
                                      : std::vector<double>(weights.begin(), weights.end());
  for (size_t i = 0; i < figures.size(); ++i)
    results[i] = {figures[i](own), std::vector<double>(resamples), std::vector<double>(groups)};
  const size_t all = resamples + groups;
  const auto measure = [&](size_t part) {
    std::vector<double> changed(rows);
    const Share share = ShareOf(all, part, kParts);
    for (size_t one = share.begin; one < share.end; ++one) {
      const bool is_resample = one < resamples;
      if (is_resample)
        Draw(weights, Random(options.seed, one), changed);
      else
        LeaveOut(weights, one - resamples, groups, changed);
      for (size_t i = 0; i < figures.size(); ++i)
        (is_resample ? results[i].resampled[one] : results[i].left_out[one - resamples]) =
            figures[i](changed);
    }
  };
  if (options.team != nullptr) {
    options.team->ForEach(kParts, measure);
  } else {
    for (size_t part = 0; part < kParts; ++part) measure(part);
  }
  return results;
}

}  // namespace slipway::stats
