#include "evaluate/tree_shap.h"

#include <algorithm>

namespace slipway::evaluate {

/// All paths of a tree that a mixture of two rows can take. Players whose rows part at a split are
/// with one of the two from there on.
class TreeExplainer::Walk {
 public:
  Walk(const TreeExplainer& explainer, std::span<const double> row,
       std::span<const double> background, std::span<double> values)
      : explainer_(explainer),
        row_(row),
        background_(background),
        values_(values),
        sides_(explainer.players_, Side::kEither) {}

  void Visit(int32_t child) {
    if (child < 0) return AddLeaf(explainer_.sum_.leaves[~child]);
    const onnx::TreeSplit& split = explainer_.sum_.splits[child];
    const int32_t of_row = split.Next(row_[split.feature]);
    const int32_t of_background = split.Next(background_[split.feature]);
    if (of_row == of_background) return Visit(of_row);
    const uint32_t player = explainer_.owners_[split.feature];
    if (sides_[player] == Side::kRow) return Visit(of_row);
    if (sides_[player] == Side::kBackground) return Visit(of_background);
    VisitWith(player, Side::kRow, from_row_, of_row);
    VisitWith(player, Side::kBackground, from_background_, of_background);
    sides_[player] = Side::kEither;
  }

 private:
  enum class Side : uint8_t { kEither, kRow, kBackground };

  void VisitWith(uint32_t player, Side side, std::vector<uint32_t>& players, int32_t child) {
    sides_[player] = side;
    players.push_back(player);
    Visit(child);
    players.pop_back();
  }

  /// With u players from the row and v from the background, the leaf is reached by the coalitions
  /// that hold the u and none of the v: each of the u gets (u-1)! v! / (u+v)! of it, each of the v
  /// loses u! (v-1)! / (u+v)!.
  void AddLeaf(const onnx::TreeSum::Leaf& leaf) {
    const size_t u = from_row_.size(), v = from_background_.size();
    if (u + v == 0) return;
    const double share = explainer_.InverseWays(u, v);
    for (size_t i = 0; i < leaf.values.size(); ++i) {
      double* const values = &values_[(leaf.output + i) * explainer_.players_];
      for (const uint32_t player : from_row_)
        values[player] += share / static_cast<double>(u) * leaf.values[i];
      for (const uint32_t player : from_background_)
        values[player] -= share / static_cast<double>(v) * leaf.values[i];
    }
  }

  const TreeExplainer& explainer_;
  const std::span<const double> row_, background_;
  const std::span<double> values_;
  std::vector<Side> sides_;
  std::vector<uint32_t> from_row_, from_background_;
};

TreeExplainer::TreeExplainer(const onnx::TreeSum& sum, std::vector<uint32_t> owners, size_t players)
    : sum_(sum),
      owners_(std::move(owners)),
      players_(players),
      stride_(std::min(sum.depth, players) + 1),
      inverse_ways_(stride_ * stride_, 1) {
  // C(u+v, u) = C(u+v-1, u-1) (u+v) / u
  for (size_t u = 1; u < stride_; ++u)
    for (size_t v = 1; v < stride_; ++v)
      inverse_ways_[u * stride_ + v] = inverse_ways_[(u - 1) * stride_ + v] *
                                       static_cast<double>(u) / static_cast<double>(u + v);
}

void TreeExplainer::AddSums(std::span<const double> row, std::span<double> out) const {
  for (int32_t child : sum_.roots) {
    while (child >= 0) child = sum_.splits[child].Next(row[sum_.splits[child].feature]);
    const onnx::TreeSum::Leaf& leaf = sum_.leaves[~child];
    for (size_t i = 0; i < leaf.values.size(); ++i) out[leaf.output + i] += leaf.values[i];
  }
}

void TreeExplainer::AddValues(std::span<const double> row, std::span<const double> background,
                              std::span<double> values) const {
  Walk walk(*this, row, background, values);
  for (const int32_t root : sum_.roots) walk.Visit(root);
}

}  // namespace slipway::evaluate
