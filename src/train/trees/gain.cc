#include "train/trees/gain.h"

#include <algorithm>
#include <bit>
#include <vector>

#include "base/clones.h"

namespace slipway::train::trees {
namespace {

/// A whole number of less than 51 bits: two instructions on every CPU.
inline double Exact(int64_t value) {
  constexpr int64_t kBits = 0x4338000000000000;  // 1.5 * 2^52
  return std::bit_cast<double>(value + kBits) - std::bit_cast<double>(kBits);
}

/// What the gains of one histogram share.
struct Terms {
  int64_t gradient, packed;  // of the leaf
  int64_t hessian_mask;
  int64_t count_shift;
  int64_t min_count;
  double gradient_unit, hessian_unit, min_hessian, l2;
};

/// gains[b] = the gain of left[0 … b] against the rest, below 0 when a side is too small.
SLIPWAY_CLONES void Gains(const Terms& terms, const int64_t* __restrict gradients,
                          const int64_t* __restrict packed, size_t count,
                          double* __restrict gains) {
  const Terms t = terms;
  for (size_t b = 0; b < count; ++b) {
    const int64_t right_packed = t.packed - packed[b];
    const double left_gradient = Exact(gradients[b]) * t.gradient_unit;
    const double right_gradient = Exact(t.gradient - gradients[b]) * t.gradient_unit;
    const double left_hessian = Exact(packed[b] & t.hessian_mask) * t.hessian_unit;
    const double right_hessian = Exact(right_packed & t.hessian_mask) * t.hessian_unit;
    const double gain = left_gradient * left_gradient / (left_hessian + t.l2) +
                        right_gradient * right_gradient / (right_hessian + t.l2);
    const bool enough = ((packed[b] >> t.count_shift) >= t.min_count) &
                        ((right_packed >> t.count_shift) >= t.min_count) &
                        (left_hessian >= t.min_hessian) & (right_hessian >= t.min_hessian);
    gains[b] = enough ? gain : -1.0;
  }
}

/// Looks for the best split of one leaf by one feature.
class Search {
 public:
  Search(uint32_t feature, const FeatureBins& bins, const LeafSums& leaf, const FixedPoint& scale,
         const GainOptions& options)
      : bins_(bins),
        leaf_(leaf),
        scale_(scale),
        options_(options),
        terms_{leaf.sum.gradient,
               leaf.sum.packed,
               (int64_t{1} << scale.count_shift()) - 1,
               scale.count_shift(),
               static_cast<int64_t>(options.min_samples_leaf),
               scale.gradient_unit(),
               scale.hessian_unit(),
               options.min_hessian,
               options.l2},
        unsplit_(Score(leaf.sum)) {
    best_.feature = feature;
  }

  FoundSplit ByNumber(const BinSum* histogram) {
    const int count = FillPrefixes(histogram, bins_.bins, [](int i) { return i; });
    const BinSum missing = histogram[kMissingBin];
    const bool has_missing = missing.packed != 0;
    // With nothing missing the last bin would leave no row on the right.
    Take(count - (has_missing ? 0 : 1), false);
    if (has_missing) {
      Shift(missing, count);
      Take(count - 1, true);
    } else {
      best_.missing_left = terms_.packed - best_.left.packed < best_.left.packed;
    }
    return best_;
  }

  /// Categories in the order of what they ask for, as if they were numbers (Fisher 1958); rows
  /// without one are a category of their own.
  FoundSplit ByCategory(const BinSum* histogram) {
    constexpr double kSmoothing = 10;  // of rare categories' answers, in hessians
    std::vector<std::pair<double, uint8_t>> order;
    for (int bin = 0; bin < kBinCount; ++bin) {
      const BinSum& sum = histogram[bin];
      if (sum.packed == 0) continue;
      order.emplace_back(scale_.GradientOf(sum) / (scale_.HessianOf(sum) + kSmoothing),
                         static_cast<uint8_t>(bin));
    }
    std::sort(order.begin(), order.end());
    const int count = FillPrefixes(histogram, static_cast<int>(order.size()),
                                   [&](int i) { return order[static_cast<size_t>(i)].second; });
    Take(count - 1, false);
    if (best_.gain <= 0) return best_;
    best_.categorical = true;
    for (size_t i = 0; i <= best_.bin; ++i) Insert(best_.set, order[i].second);
    const bool has_missing = histogram[kMissingBin].packed != 0;
    best_.missing_left = has_missing ? Contains(best_.set, kMissingBin)
                                     : terms_.packed - best_.left.packed < best_.left.packed;
    return best_;
  }

 private:
  template <typename BinAt>
  int FillPrefixes(const BinSum* histogram, int count, const BinAt& bin_at) {
    BinSum sum;
    for (int i = 0; i < count; ++i) {
      sum += histogram[bin_at(i)];
      gradients_[i] = sum.gradient;
      packed_[i] = sum.packed;
    }
    return count;
  }

  void Shift(const BinSum& by, int count) {
    for (int i = 0; i < count; ++i) {
      gradients_[i] += by.gradient;
      packed_[i] += by.packed;
    }
  }

  /// Takes the best of the first `count` places, if it is better than what was found.
  void Take(int count, bool missing_left) {
    if (count <= 0) return;
    if (options_.monotone) {
      for (int i = 0; i < count; ++i) gains_[i] = BoundedGain({gradients_[i], packed_[i]});
    } else {
      Gains(terms_, gradients_, packed_, static_cast<size_t>(count), gains_);
    }
    const auto place = std::max_element(gains_, gains_ + count) - gains_;
    const double gain = gains_[place] - unsplit_;
    if (!(gain > best_.gain)) return;
    best_.gain = gain;
    best_.bin = static_cast<uint8_t>(place);
    best_.missing_left = missing_left;
    best_.left = {gradients_[place], packed_[place]};
  }

  /// How much a leaf with its best value within the bounds lowers the loss, twice.
  double Score(const BinSum& sum) const {
    const double gradient = scale_.GradientOf(sum);
    const double hessian = scale_.HessianOf(sum) + options_.l2;
    if (!(hessian > 0)) return 0;
    if (!options_.monotone) return gradient * gradient / hessian;
    const double value = LeafValue(scale_, options_, {sum, leaf_.bounds});
    return -(2 * gradient + hessian * value) * value;
  }

  double BoundedGain(const BinSum& left) const {
    const BinSum right = leaf_.sum - left;
    for (const BinSum& side : {left, right})
      if (scale_.CountOf(side) < options_.min_samples_leaf ||
          scale_.HessianOf(side) < options_.min_hessian)
        return -1;
    const double rise = LeafValue(scale_, options_, {right, leaf_.bounds}) -
                        LeafValue(scale_, options_, {left, leaf_.bounds});
    if (rise * bins_.monotone < 0) return -1;
    return Score(left) + Score(right);
  }

  const FeatureBins& bins_;
  const LeafSums& leaf_;
  const FixedPoint& scale_;
  const GainOptions& options_;
  const Terms terms_;
  const double unsplit_;
  FoundSplit best_;
  alignas(64) int64_t gradients_[kBinCount];
  alignas(64) int64_t packed_[kBinCount];
  alignas(64) double gains_[kBinCount];
};

}  // namespace

double LeafValue(const FixedPoint& scale, const GainOptions& options, const LeafSums& leaf) {
  const double hessian = scale.HessianOf(leaf.sum) + options.l2;
  const double value = hessian > 0 ? -scale.GradientOf(leaf.sum) / hessian : 0;
  return std::clamp(value, leaf.bounds.lower, leaf.bounds.upper);
}

FoundSplit FindSplit(const BinSum* histogram, uint32_t feature, const FeatureBins& bins,
                     const LeafSums& leaf, const FixedPoint& scale, const GainOptions& options) {
  Search search(feature, bins, leaf, scale, options);
  return bins.categorical ? search.ByCategory(histogram) : search.ByNumber(histogram);
}

ChildBounds BoundsBelow(const FoundSplit& split, int8_t monotone, const LeafSums& leaf,
                        const FixedPoint& scale, const GainOptions& options) {
  ChildBounds below = {leaf.bounds, leaf.bounds};
  if (monotone == 0) return below;
  const double middle = (LeafValue(scale, options, {split.left, leaf.bounds}) +
                         LeafValue(scale, options, {leaf.sum - split.left, leaf.bounds})) /
                        2;
  (monotone > 0 ? below.left : below.right).upper = middle;
  (monotone > 0 ? below.right : below.left).lower = middle;
  return below;
}

}  // namespace slipway::train::trees
