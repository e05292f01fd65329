#include "stats/paired_tests.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "stats/distributions.h"

namespace slipway::stats {

double McNemarTest(uint64_t only_first, uint64_t only_second) {
  const uint64_t fewer = std::min(only_first, only_second), both = only_first + only_second;
  return both == 0 ? 1.0 : std::min(1.0, 2 * BinomialCdf(fewer, both, 0.5));
}

double WilcoxonTest(std::span<const double> first, std::span<const double> second) {
  std::vector<double> differences;
  for (size_t i = 0; i < first.size(); ++i)
    if (first[i] != second[i] && !std::isnan(first[i] - second[i]))
      differences.push_back(first[i] - second[i]);
  if (differences.empty()) return 1;
  std::sort(differences.begin(), differences.end(),
            [](double a, double b) { return std::abs(a) < std::abs(b); });
  double positive_ranks = 0, ties = 0;
  for (size_t begin = 0, end; begin < differences.size(); begin = end) {
    end = begin;
    while (end < differences.size() && std::abs(differences[end]) == std::abs(differences[begin]))
      ++end;
    const double rank = static_cast<double>(begin + end + 1) / 2;
    const auto equal = static_cast<double>(end - begin);
    ties += equal * equal * equal - equal;
    for (size_t i = begin; i < end; ++i)
      if (differences[i] > 0) positive_ranks += rank;
  }
  const auto n = static_cast<double>(differences.size());
  const double mean = n * (n + 1) / 4;
  const double variance = n * (n + 1) * (2 * n + 1) / 24 - ties / 48;
  return std::min(1.0, 2 * NormalCdf(-std::abs(positive_ranks - mean) / std::sqrt(variance)));
}

double BootstrapTest(std::span<const double> differences) {
  double above = 0, below = 0, all = 0;
  for (const double difference : differences) {
    if (std::isnan(difference)) continue;
    above += difference >= 0 ? 1 : 0;
    below += difference <= 0 ? 1 : 0;
    ++all;
  }
  if (all == 0) return 1;
  return std::clamp(2 * std::min(above, below) / all, 1 / all, 1.0);
}

}  // namespace slipway::stats
