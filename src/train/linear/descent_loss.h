#pragma once
// Rows as gradient descent sees them: their losses and derivatives at given coefficients.

#include <span>
#include <string_view>
#include <vector>

#include "base/team.h"
#include "train/linear/gradient_descent.h"

namespace slipway::train {

/// "squared error", "log loss", …
std::string_view NameOf(DescentLoss loss);

/// Coefficients lie in one vector: [outputs][stride], then [outputs] intercepts.
class DescentRows {
 public:
  /// Copies the rows, more than fit into a cache in random order; those of classes that are not
  /// among `classes` count nothing.
  /// @param classes  null: a regression. Weights are divided by their mean.
  DescentRows(const Samples& samples, const Classes* classes, const DescentOptions& options);

  size_t count() const { return targets_.size(); }
  size_t stride() const { return stride_; }
  size_t outputs() const { return outputs_; }
  size_t size() const { return outputs_ * (stride_ + 1); }
  const double* row(size_t row) const { return &values_[row * stride_]; }
  /// Rows lie in random order: neighbours may be taken together.
  bool scattered() const { return scattered_; }
  void Prefetch(size_t row) const;

  /// A row's loss. @param slopes  [outputs], overwritten: the loss's derivatives by the scores.
  double Loss(size_t row, const std::vector<double>& at, double* slopes) const;
  /// The mean loss of some rows and its gradient [size()], overwritten.
  double Gradient(Team& team, std::span<const uint32_t> rows, const std::vector<double>& at,
                  bool fit_intercept, std::vector<double>& gradient) const;
  double MeanLoss(const std::vector<double>& at) const;

  LinearModel ModelOf(const std::vector<double>& at) const;

 private:
  double LossOf(double score, double target, double& slope) const;
  double SoftmaxLoss(size_t place, double* scores) const;

  const DescentLoss loss_;
  const double epsilon_;
  const size_t features_, stride_;
  size_t outputs_ = 1;
  bool scattered_ = false;
  std::vector<double> values_;   // [rows][stride]
  std::vector<double> targets_;  // [rows]: values, or places of classes
  std::vector<double> weights_;  // [rows], or empty: 1
};

}  // namespace slipway::train
