#pragma once
// Values of features as bins: numbers by thresholds between them, categories by their codes.

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "base/team.h"
#include "train/samples.h"

namespace slipway::train::trees {

inline constexpr int kMaxBins = 255;         // of values
inline constexpr uint8_t kMissingBin = 255;  // of every feature
inline constexpr int kBinCount = 256;

/// The bins of one feature.
struct FeatureBins {
  int bins = 0;  // of values: 0 … bins - 1
  bool categorical = false;
  bool has_missing = false;  // among the rows it was learned from
  int8_t monotone = 0;
  /// Numbers: bin b holds edges[b - 1] < x <= edges[b]; the last is +infinity. [kBinCount], the
  /// rest +infinity too.
  std::vector<double> edges;
  /// Categories: the bin of each code; those beyond kMaxBins - 1 share the last one.
  std::vector<uint8_t> bin_of_code;
};

struct BinningOptions {
  int max_bins = kMaxBins;       // of values, 2 to kMaxBins
  size_t sample_rows = 200'000;  // that thresholds are learned from
};

/// Learns the bins of each feature: one for each value when they are few, else by quantiles; a
/// threshold lies halfway between two values that occur.
std::vector<FeatureBins> LearnBins(const Samples& samples, const BinningOptions& options,
                                   Team& team);

/// The bins of rows, row by row within groups of features that lie side by side: what one histogram
/// task reads of a row is in one place.
class BinnedRows {
 public:
  /// The bins of features [first, first + count): [rows][count], a byte each. Eight bytes may be
  /// read at any row's first.
  struct Group {
    size_t first = 0, count = 0;
    std::vector<uint8_t> bins;
  };
  /// One feature's bins.
  struct Column {
    const uint8_t* first;
    size_t stride;
    uint8_t operator[](size_t row) const { return first[row * stride]; }
  };

  /// @param samples  features of `bins`, in their order.
  /// @param width    features in a group, at least 1.
  BinnedRows(const Samples& samples, std::span<const FeatureBins> bins, size_t width, Team& team);

  size_t rows() const { return rows_; }
  std::span<const Group> groups() const { return groups_; }
  Column column(size_t feature) const {
    const Group& group = groups_[feature / width_];
    return {group.bins.data() + feature - group.first, group.count};
  }

 private:
  size_t rows_, width_;
  std::vector<Group> groups_;
};

}  // namespace slipway::train::trees
