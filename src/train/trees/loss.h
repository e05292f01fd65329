#pragma once
// Losses that boosting lowers: derivatives by score, and what a score means.

#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/team.h"
#include "import/graph.h"
#include "import/predictions.h"
#include "train/samples.h"

namespace slipway::train::trees {

/// Scores and derivatives are [outputs][rows] of the samples.
/// Threads: safe on a const object; it works with the team's.
class Loss {
 public:
  virtual ~Loss() = default;

  virtual std::string_view name() const = 0;
  /// Trees an iteration.
  virtual int64_t outputs() const { return 1; }
  /// Scores of the best model without trees: [outputs].
  virtual std::vector<double> Baseline(const Samples& samples) const = 0;
  /// First and second derivatives, with weights.
  virtual void Derive(const Samples& samples, std::span<const double> scores,
                      std::span<float> gradients, std::span<float> hessians, Team& team) const = 0;
  /// The weighted mean.
  virtual double Mean(const Samples& samples, std::span<const double> scores) const = 0;
  /// Set: a leaf's value is this quantile of what its rows lack, for derivatives do not say it.
  virtual std::optional<double> leaf_quantile() const { return std::nullopt; }
  /// What [n, outputs] scores answer.
  virtual importing::Predictions Answer(importing::Graph& graph,
                                        const importing::Matrix& scores) const = 0;
};

/// @param name      "squared_error", "absolute_error", "quantile", "poisson"; not read for classes.
/// @param quantile  of the loss of that name.
std::unique_ptr<Loss> MakeLoss(const data::Target& target, std::string_view name, double quantile);

/// The smallest value that at least this share of the weight does not exceed.
/// @param values  [n] with their weights, n > 0; reordered.
double WeightedQuantile(std::span<std::pair<double, double>> values, double quantile);

}  // namespace slipway::train::trees
