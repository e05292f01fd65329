#include "train/trees/impurity.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

#include "train/trees/histogram.h"
#include "train/trees/pruning.h"

namespace slipway::train::trees {
namespace {

/// What a row adds to a bin: `value` to the sum of its channel, `packed` to the sum of weights and
/// the number of rows.
struct RowValue {
  int64_t value, packed;
  uint32_t channel;  // the class; 0 when there is one channel
};

struct Candidate {
  double score = 0;
  bool found = false;
  uint32_t feature = 0;
  uint8_t bin = 0;
  bool missing_left = false;
};

class ImpurityGrower {
 public:
  ImpurityGrower(const ImpurityData& data, const ImpurityOptions& options, Random random)
      : data_(data),
        options_(options),
        random_(random),
        classifies_(data.target.task == data::Task::kClassification),
        // The Gini impurity of two classes is twice the squared error of the second's indicator.
        channels_(!classifies_ ||
                          (data.target.labels.size() == 2 && options.criterion == Criterion::kGini)
                      ? 1
                      : data.target.labels.size()),
        width_(channels_ + 1),
        features_(data.bins.size()),
        histogram_(kBinCount * width_),
        left_(width_),
        right_(width_),
        total_(width_) {
    std::iota(features_.begin(), features_.end(), 0);
    TakeRows();
  }

  BinTree Grow() {
    struct Open {
      size_t begin, end;
      int depth;
      int32_t parent;
      bool is_left;
    };
    std::vector<Open> open = {{0, order_.size(), 0, -1, false}};
    while (!open.empty()) {
      const Open node = open.back();
      open.pop_back();
      Gather(node.begin, node.end);
      const Candidate best =
          node.depth < Deepest() ? FindSplit(node.end - node.begin) : Candidate();
      const int32_t place = best.found ? static_cast<int32_t>(tree_.nodes.size())
                                       : ~static_cast<int32_t>(risks_.leaves.size());
      if (node.parent >= 0) {
        Node& parent = tree_.nodes[static_cast<size_t>(node.parent)];
        (node.is_left ? parent.left : parent.right) = place;
      }
      if (!best.found) {
        AddLeaf(node.begin, node.end);
        continue;
      }
      tree_.nodes.push_back({.feature = best.feature,
                             .bin = best.bin,
                             .missing_left = best.missing_left,
                             .gain = static_cast<float>(best.score - Score(total_.data()))});
      risks_.nodes.push_back(risk_);
      const size_t middle = Partition(node.begin, node.end, best);
      open.push_back({middle, node.end, node.depth + 1, place, false});
      open.push_back({node.begin, middle, node.depth + 1, place, true});
    }
    if (options_.pruning > 0) return Prune(tree_, risks_, options_.pruning);
    return std::move(tree_);
  }

 private:
  int Deepest() const { return options_.max_depth == 0 ? kDeepest : options_.max_depth; }
  double TargetOf(uint32_t row) const {
    return classifies_ ? static_cast<double>(data_.target.classes[row]) : data_.target.values[row];
  }

  /// Rows with a weight, and what they add to sums.
  void TakeRows() {
    const size_t rows = data_.rows.rows();
    double largest_value = 0, largest_weight = 0, sum = 0;
    for (uint32_t row = 0; row < rows; ++row) {
      const double weight = data_.weights[row];
      if (!(weight > 0)) continue;
      order_.push_back(row);
      total_weight_ += weight;
      sum += weight * TargetOf(row);
      largest_weight = std::max(largest_weight, weight);
    }
    // Sums of differences from the mean lose fewer digits.
    if (!classifies_) center_ = sum / total_weight_;
    for (const uint32_t row : order_)
      largest_value = std::max(largest_value, data_.weights[row] * std::abs(ValueOf(row)));
    scale_ = FixedPoint(order_.size(), largest_value, largest_weight);
    values_.resize(rows);
    for (const uint32_t row : order_) {
      const double weight = data_.weights[row];
      values_[row] = {
          std::llrint(weight * ValueOf(row) / scale_.gradient_unit()),
          std::llrint(weight / scale_.hessian_unit()) + (int64_t{1} << scale_.count_shift()),
          channels_ > 1 ? static_cast<uint32_t>(data_.target.classes[row]) : 0};
    }
    gathered_.resize(order_.size());
    taken_.resize(order_.size());
    scratch_.resize(order_.size());
  }

  /// What a row adds to its channel, but for its weight.
  double ValueOf(uint32_t row) const { return channels_ > 1 ? 1 : TargetOf(row) - center_; }

  /// Copies what the node's rows add side by side, sums it, and sees whether their targets differ.
  void Gather(size_t begin, size_t end) {
    std::ranges::fill(total_, 0);
    pure_ = true;
    double squares = 0;
    const double first = TargetOf(order_[begin]);
    for (size_t i = begin; i < end; ++i) {
      const uint32_t row = order_[i];
      const RowValue& value = values_[row];
      gathered_[i - begin] = value;
      total_[value.channel] += value.value;
      total_[channels_] += value.packed;
      pure_ &= TargetOf(row) == first;
      if (!classifies_ && options_.pruning > 0)
        squares += data_.weights[row] * ValueOf(row) * ValueOf(row);
    }
    begin_ = begin;
    risk_ = RiskOf(squares);
  }

  /// The node's share of the tree's impurity.
  double RiskOf(double squares) const {
    const double weight = WeightOf(total_.data());
    double impurity = -Score(total_.data());
    if (!classifies_)
      impurity += squares;
    else if (options_.criterion == Criterion::kGini && channels_ > 1)
      impurity += weight;
    else if (options_.criterion == Criterion::kGini)
      impurity = 2 * (SumOf(total_.data(), 0) + impurity);
    return std::max(impurity, 0.0) / total_weight_;
  }

  double WeightOf(const int64_t* sums) const { return scale_.HessianOf({0, sums[channels_]}); }
  double SumOf(const int64_t* sums, size_t channel) const {
    return static_cast<double>(sums[channel]) * scale_.gradient_unit();
  }
  size_t CountOf(const int64_t* sums) const { return scale_.CountOf({0, sums[channels_]}); }

  /// The larger the sum of two sides' is, the purer they are.
  double Score(const int64_t* sums) const {
    const double weight = WeightOf(sums);
    double score = 0;
    if (options_.criterion == Criterion::kEntropy) {
      for (size_t i = 0; i < channels_; ++i) {
        const double sum = SumOf(sums, i);
        if (sum > 0) score += sum * std::log2(sum / weight);
      }
      return score;
    }
    for (size_t i = 0; i < channels_; ++i) {
      const double sum = SumOf(sums, i);
      score += sum * sum;
    }
    return score / weight;
  }

  Candidate FindSplit(size_t rows) {
    Candidate best;
    if (pure_ || rows < options_.min_samples_split || rows < 2 * options_.min_samples_leaf)
      return best;
    bool differs = false;
    for (size_t drawn = 0; drawn < features_.size(); ++drawn) {
      if (drawn >= options_.features && differs) break;
      std::swap(features_[drawn], features_[drawn + random_.Below(features_.size() - drawn)]);
      differs |= LookAt(features_[drawn], rows, best);
    }
    return best;
  }

  /// Takes the feature's best split if it is better. @return whether its values differ.
  bool LookAt(uint32_t feature, size_t rows, Candidate& best) {
    if (options_.random_thresholds && channels_ == 1) {
      const BinRange range = TakeBins(data_.rows.column(feature), rows);
      if (!range.has_missing) return LookAtDrawn(feature, range, rows, best);
    }
    Fill(data_.rows.column(feature), rows);
    const bool has_missing = occupied_[3] >> 63;
    occupied_[3] &= ~(uint64_t{1} << 63);
    int bins = 0;
    for (const uint64_t word : occupied_) bins += std::popcount(word);
    const bool differs = bins + has_missing > 1;
    if (differs)
      Scan(feature, has_missing, options_.random_thresholds && bins > 1 ? Draw(feature) : -1, best);
    Clear(has_missing);
    return differs;
  }

  /// Of the node's rows in one feature; `first` > `last` when all are missing.
  struct BinRange {
    size_t first, last;
    bool has_missing;
  };

  /// Copies the bins of the node's rows side by side.
  BinRange TakeBins(const BinnedRows::Column& column, size_t rows) {
    static_assert(kMissingBin == UINT8_MAX);
    const uint32_t* const order = order_.data() + begin_;
    uint8_t first = UINT8_MAX, after_last = 0, largest = 0;
    for (size_t i = 0; i < rows; ++i) {
      const uint8_t bin = column.first[order[i] * column.stride];
      taken_[i] = bin;
      first = std::min(first, bin);
      largest = std::max(largest, bin);
      after_last = std::max(after_last, static_cast<uint8_t>(bin + 1));  // 0 where it is missing
    }
    return {first, after_last - size_t{1}, largest == kMissingBin};
  }

  /// LookAt of a threshold that is drawn, without a histogram: most nodes have few rows.
  bool LookAtDrawn(uint32_t feature, const BinRange& range, size_t rows, Candidate& best) {
    if (range.first == range.last) return false;
    const int threshold = Draw(feature, range.first, range.last);
    int64_t value = 0, packed = 0;
    for (size_t i = 0; i < rows; ++i) {
      const int64_t mask = -int64_t{taken_[i] <= threshold};
      value += gathered_[i].value & mask;
      packed += gathered_[i].packed & mask;
    }
    left_[0] = value;
    left_[1] = packed;
    Consider(feature, threshold, false, best);
    return true;
  }

  /// The bin of a threshold drawn between the lowest and the highest value of the node.
  int Draw(uint32_t feature) {
    size_t first = kBinCount, last = 0;
    ForOccupied([&](size_t bin) {
      first = std::min(first, bin);
      last = bin;
    });
    return Draw(feature, first, last);
  }

  /// The same, between bins `first` and `last`.
  int Draw(uint32_t feature, size_t first, size_t last) {
    const double* const edges = data_.bins[feature].edges.data();
    const double low = edges[first], high = edges[last - 1];
    const double drawn = low + random_.Uniform() * (high - low);
    return static_cast<int>(std::lower_bound(edges + first, edges + last - 1, drawn) - edges);
  }

  void Fill(const BinnedRows::Column& column, size_t rows) {
    const uint32_t* const order = order_.data() + begin_;
    const uint8_t* const bins = column.first;
    std::ranges::fill(occupied_, 0);
    if (channels_ == 1) {
      for (size_t i = 0; i < rows; ++i) {
        const size_t bin = bins[order[i] * column.stride];
        occupied_[bin / 64] |= uint64_t{1} << (bin % 64);
        histogram_[2 * bin] += gathered_[i].value;
        histogram_[2 * bin + 1] += gathered_[i].packed;
      }
      return;
    }
    for (size_t i = 0; i < rows; ++i) {
      const size_t bin = bins[order[i] * column.stride];
      occupied_[bin / 64] |= uint64_t{1} << (bin % 64);
      histogram_[width_ * bin + gathered_[i].channel] += gathered_[i].value;
      histogram_[width_ * bin + channels_] += gathered_[i].packed;
    }
  }

  template <typename Visit>
  void ForOccupied(const Visit& visit) const {
    for (size_t word = 0; word < 4; ++word)
      for (uint64_t bits = occupied_[word]; bits != 0; bits &= bits - 1)
        visit(64 * word + static_cast<size_t>(std::countr_zero(bits)));
  }

  void Clear(bool has_missing) {
    const auto clear = [&](size_t bin) { std::fill_n(&histogram_[bin * width_], width_, 0); };
    ForOccupied(clear);
    if (has_missing) clear(kMissingBin);
  }

  /// @param only  the one threshold to look at; -1: all.
  void Scan(uint32_t feature, bool has_missing, int only, Candidate& best) {
    const int last = data_.bins[feature].bins - 1;
    for (const bool missing_left : {false, true}) {
      if (missing_left && !has_missing) break;
      if (missing_left)
        std::copy_n(&histogram_[kMissingBin * width_], width_, left_.begin());
      else
        std::ranges::fill(left_, 0);
      int previous = -1;
      ForOccupied([&](size_t bin) {
        const int current = static_cast<int>(bin);
        // Halfway between two bins with rows: those without may come later.
        const int threshold = only < 0 ? (previous + current - 1) / 2 : only;
        if (previous >= 0 && previous <= threshold && threshold < current)
          Consider(feature, threshold, missing_left, best);
        for (size_t i = 0; i < width_; ++i) left_[i] += histogram_[bin * width_ + i];
        previous = current;
      });
      if (has_missing && !missing_left && previous >= 0) Consider(feature, last, false, best);
    }
  }

  void Consider(uint32_t feature, int bin, bool missing_left, Candidate& best) {
    for (size_t i = 0; i < width_; ++i) right_[i] = total_[i] - left_[i];
    const size_t left_count = CountOf(left_.data()), right_count = CountOf(right_.data());
    if (left_count < options_.min_samples_leaf || right_count < options_.min_samples_leaf) return;
    const double score = Score(left_.data()) + Score(right_.data());
    if (best.found && !(score > best.score)) return;
    // With nothing missing here, what is missing later goes where most rows go.
    const bool has_missing = histogram_[kMissingBin * width_ + channels_] != 0;
    best = {score, true, feature, static_cast<uint8_t>(bin),
            has_missing ? missing_left : left_count > right_count};
  }

  /// Left rows before right ones, in order. @return where the right ones begin.
  size_t Partition(size_t begin, size_t end, const Candidate& split) {
    const BinnedRows::Column column = data_.rows.column(split.feature);
    size_t left = begin, right = 0;
    for (size_t i = begin; i < end; ++i) {
      const uint32_t row = order_[i];
      const uint8_t bin = column[row];
      const bool goes_left = bin == kMissingBin ? split.missing_left : bin <= split.bin;
      order_[left] = row;
      scratch_[right] = row;
      left += goes_left;
      right += !goes_left;
    }
    std::copy_n(scratch_.begin(), right, order_.begin() + static_cast<ptrdiff_t>(left));
    return left;
  }

  std::vector<double> MeanOf(size_t begin, size_t end) const {
    std::vector<double> mean(LeafWidth(data_.target));
    double weights = 0;
    for (size_t i = begin; i < end; ++i) {
      const uint32_t row = order_[i];
      const double weight = data_.weights[row];
      weights += weight;
      if (mean.size() > 1)
        mean[static_cast<size_t>(data_.target.classes[row])] += weight;
      else
        mean[0] += weight * TargetOf(row);
    }
    for (double& each : mean) each /= weights;
    return mean;
  }

  void AddLeaf(size_t begin, size_t end) {
    const std::vector<double> mean = MeanOf(begin, end);
    tree_.leaves.insert(tree_.leaves.end(), mean.begin(), mean.end());
    risks_.leaves.push_back(risk_);
    risks_.leaf_weights.push_back(WeightOf(total_.data()));
  }

  const ImpurityData& data_;
  const ImpurityOptions& options_;
  Random random_;
  const bool classifies_;
  const size_t channels_, width_;  // width_: of a bin's sums, the packed one last
  double center_ = 0, total_weight_ = 0;
  FixedPoint scale_;
  std::vector<RowValue> values_;  // [rows]
  std::vector<uint32_t> order_;   // rows by node
  std::vector<uint32_t> scratch_;
  std::vector<uint32_t> features_;  // in a random order

  // The node in hand.
  size_t begin_ = 0;
  std::vector<RowValue> gathered_;
  std::vector<uint8_t> taken_;  // bins of the feature in hand
  bool pure_ = false;
  double risk_ = 0;
  std::vector<int64_t> histogram_;  // [kBinCount][width_], zeros between features
  std::array<uint64_t, 4> occupied_{};
  std::vector<int64_t> left_, right_, total_;  // [width_]

  BinTree tree_;
  Risks risks_;
};

}  // namespace

BinTree GrowByImpurity(const ImpurityData& data, const ImpurityOptions& options, Random random) {
  return ImpurityGrower(data, options, random).Grow();
}

}  // namespace slipway::train::trees
