#pragma once
#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "data/quantile.h"

namespace slipway::train {

/// Values that are not NaN, sorted.
class SortedValues {
 public:
  explicit SortedValues(std::span<const double> values) {
    for (const double value : values)
      if (!std::isnan(value)) values_.push_back(value);
    std::ranges::sort(values_);
  }

  bool empty() const { return values_.empty(); }
  std::span<const double> values() const { return values_; }

  /// Between the two values that lie around it, as numpy's "linear" method. Not of no values.
  /// @param share  0 to 1.
  double Quantile(double share) const { return data::QuantileOfSorted(values_, share); }

  /// The smallest of those that stand there most often. Not of no values.
  double MostFrequent() const {
    double most = values_.front();
    size_t most_times = 0;
    for (size_t begin = 0; begin < values_.size();) {
      size_t end = begin;
      while (end < values_.size() && values_[end] == values_[begin]) ++end;
      if (end - begin > most_times) {
        most = values_[begin];
        most_times = end - begin;
      }
      begin = end;
    }
    return most;
  }

 private:
  std::vector<double> values_;
};

}  // namespace slipway::train
