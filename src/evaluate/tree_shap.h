#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "onnx/tree_sum.h"

namespace slipway::evaluate {

/// Exact Shapley values of a sum of trees: the players are the owners of its features, and a player
/// that is absent has its features from a background row (the interventional game).
/// Threads: any number at once.
class TreeExplainer {
 public:
  /// @param owners  [features]: the player that each belongs to, below `players`.
  TreeExplainer(const onnx::TreeSum& sum, std::vector<uint32_t> owners, size_t players);

  /// Adds f(row).
  /// @param row  [features]
  /// @param out  [outputs]
  void AddSums(std::span<const double> row, std::span<double> out) const;

  /// Adds the values of `row` against one background row: they sum to f(row) - f(background).
  /// @param values  [outputs, players]
  /// Cost: O(splits · depth) of trees, in practice the few paths on which the two rows differ.
  /// Source: Lundberg et al. 2020, From local explanations to global understanding with explainable
  /// AI for trees, Nature Machine Intelligence 2 (interventional Tree SHAP).
  void AddValues(std::span<const double> row, std::span<const double> background,
                 std::span<double> values) const;

 private:
  class Walk;

  /// One over the ways to choose `from_row` of `from_row + from_background` players.
  double InverseWays(size_t from_row, size_t from_background) const {
    return inverse_ways_[from_row * stride_ + from_background];
  }

  const onnx::TreeSum& sum_;
  const std::vector<uint32_t> owners_;
  const size_t players_;
  const size_t stride_;
  std::vector<double> inverse_ways_;
};

}  // namespace slipway::evaluate
