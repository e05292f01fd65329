#include "train/trees/bins.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/clones.h"

namespace slipway::train::trees {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Between a < b: a <= x <= the result tells them apart exactly.
double Between(double a, double b) {
  const double middle = a + (b - a) / 2;
  return middle >= a && middle < b ? middle : a;
}

/// Rows at even distances, the missing ones left out, in ascending order.
std::vector<double> SortedSample(std::span<const double> column, size_t sample_rows) {
  const size_t taken = std::min(column.size(), sample_rows);
  std::vector<double> sample;
  sample.reserve(taken);
  for (size_t i = 0; i < taken; ++i) {
    const double value = column[i * column.size() / taken];
    if (!std::isnan(value)) sample.push_back(value);
  }
  std::sort(sample.begin(), sample.end());
  return sample;
}

/// Thresholds between the values of a sorted sample, at most max_bins - 1: between all values when
/// they are few, else so that bins hold about as many rows as each other; a value of more rows than
/// that has a bin of its own.
std::vector<double> ThresholdsOf(std::span<const double> sorted, int max_bins) {
  std::vector<double> thresholds;
  const auto most = static_cast<size_t>(max_bins) - 1;
  for (size_t i = 1; i < sorted.size() && thresholds.size() <= most; ++i)
    if (sorted[i - 1] < sorted[i]) thresholds.push_back(Between(sorted[i - 1], sorted[i]));
  if (thresholds.size() <= most) return thresholds;

  thresholds.clear();
  size_t bin_begin = 0;
  for (size_t i = 0, next; i < sorted.size() && thresholds.size() < most; i = next) {
    next = i + 1;
    while (next < sorted.size() && sorted[next] == sorted[i]) ++next;
    const size_t bins_left = most + 1 - thresholds.size();
    const size_t size = (sorted.size() - bin_begin) / bins_left;
    if (i == bin_begin || (i - bin_begin) + (next - i) / 2 < size) continue;
    thresholds.push_back(Between(sorted[i - 1], sorted[i]));
    bin_begin = i;
  }
  return thresholds;
}

FeatureBins NumberBins(std::span<const double> column, const BinningOptions& options) {
  FeatureBins bins;
  bins.edges = ThresholdsOf(SortedSample(column, options.sample_rows), options.max_bins);
  bins.bins = static_cast<int>(bins.edges.size()) + 1;
  bins.edges.resize(kBinCount, kInfinity);
  return bins;
}

FeatureBins CategoryBins(std::span<const double> column, int categories,
                         const BinningOptions& options) {
  std::vector<size_t> rows_of(static_cast<size_t>(categories));
  for (const double code : column)
    if (code >= 0 && code < categories) ++rows_of[static_cast<size_t>(code)];
  std::vector<size_t> codes(rows_of.size());
  std::iota(codes.begin(), codes.end(), size_t{0});
  const auto max_bins = static_cast<size_t>(options.max_bins);
  if (codes.size() > max_bins)
    std::stable_sort(codes.begin(), codes.end(),
                     [&](size_t a, size_t b) { return rows_of[a] > rows_of[b]; });
  FeatureBins bins;
  bins.categorical = true;
  bins.bins = static_cast<int>(std::min(codes.size(), max_bins));
  bins.bin_of_code.resize(codes.size());
  for (size_t i = 0; i < codes.size(); ++i)
    bins.bin_of_code[codes[i]] = static_cast<uint8_t>(std::min(i, max_bins - 1));
  return bins;
}

constexpr size_t kLanes = 16;

/// bins[i] = the first bin whose edge is not below values[i]: all lanes search together.
SLIPWAY_CLONES void FindBins(const double* edges, const double* values, uint8_t* bins) {
  int64_t place[kLanes] = {};
  for (int64_t step = kBinCount / 2; step > 0; step /= 2)
    for (size_t i = 0; i < kLanes; ++i)
      place[i] += edges[place[i] + step - 1] < values[i] ? step : 0;
  for (size_t i = 0; i < kLanes; ++i)
    bins[i] = static_cast<uint8_t>(values[i] != values[i] ? kMissingBin : place[i]);
}

uint8_t BinOfCode(const FeatureBins& bins, double code) {
  return code >= 0 && code < static_cast<double>(bins.bin_of_code.size())
             ? bins.bin_of_code[static_cast<size_t>(code)]
             : kMissingBin;
}

/// Writes the bins of one feature, `stride` bytes apart.
void WriteBins(const FeatureBins& feature, std::span<const double> values, uint8_t* out,
               size_t stride) {
  if (feature.categorical) {
    for (size_t i = 0; i < values.size(); ++i) out[i * stride] = BinOfCode(feature, values[i]);
    return;
  }
  double block[kLanes];
  uint8_t bins[kLanes];
  for (size_t begin = 0; begin < values.size(); begin += kLanes) {
    const size_t count = std::min(kLanes, values.size() - begin);
    const double* source = values.data() + begin;
    if (count < kLanes) {
      std::copy_n(source, count, block);
      std::fill(block + count, block + kLanes, 0.0);
      source = block;
    }
    FindBins(feature.edges.data(), source, bins);
    for (size_t i = 0; i < count; ++i) out[(begin + i) * stride] = bins[i];
  }
}

}  // namespace

std::vector<FeatureBins> LearnBins(const Samples& samples, const BinningOptions& options,
                                   Team& team) {
  std::vector<FeatureBins> all(samples.features.size());
  team.ForEach(all.size(), [&](size_t i) {
    const Feature& feature = samples.features[i];
    const auto column = samples.column(i);
    all[i] = feature.categories > 0 ? CategoryBins(column, feature.categories, options)
                                    : NumberBins(column, options);
    all[i].has_missing = std::ranges::any_of(column, [](double x) { return std::isnan(x); });
    all[i].monotone = feature.monotone;
  });
  return all;
}

BinnedRows::BinnedRows(const Samples& samples, std::span<const FeatureBins> bins, size_t width,
                       Team& team)
    : rows_(samples.rows), width_(width) {
  constexpr size_t kReadAhead = 8;
  constexpr size_t kRowsOfTask = 8192;
  for (size_t first = 0; first < bins.size(); first += width) {
    Group group{.first = first, .count = std::min(width, bins.size() - first)};
    group.bins.resize(rows_ * group.count + kReadAhead);
    groups_.push_back(std::move(group));
  }
  const size_t tasks = (rows_ + kRowsOfTask - 1) / kRowsOfTask;
  team.ForEach(tasks * groups_.size(), [&](size_t part) {
    Group& group = groups_[part / tasks];
    const size_t begin = part % tasks * kRowsOfTask;
    const size_t count = std::min(kRowsOfTask, rows_ - begin);
    for (size_t i = 0; i < group.count; ++i) {
      const size_t feature = group.first + i;
      WriteBins(bins[feature], samples.column(feature).subspan(begin, count),
                group.bins.data() + begin * group.count + i, group.count);
    }
  });
}

}  // namespace slipway::train::trees
