#pragma once
// The mean logistic loss of samples and its derivatives, in one pass over blocks of rows.

#include <cstdint>
#include <vector>

#include "base/team.h"
#include "train/algebra/columns.h"
#include "train/linear/linear_model.h"

namespace slipway::train {

/// Coefficients lie in one vector: [outputs][features], then [outputs] intercepts if there are any.
/// Two classes have one output; more have one each.
class LogisticLoss {
 public:
  /// Rows of classes that are not among `classes` do not count. All is borrowed.
  /// @return kBadRequest for weights without a positive finite sum.
  static StatusOr<LogisticLoss> Create(const Samples& samples, const Classes& classes,
                                       bool fit_intercept, Team& team);

  size_t features() const { return samples_->features.size(); }
  size_t outputs() const { return outputs_; }
  size_t size() const { return outputs_ * (features() + (fit_intercept_ ? 1 : 0)); }
  double total_weight() const { return total_weight_; }

  /// @param at  [size()]. @param gradient  [size()], overwritten.
  double Evaluate(const std::vector<double>& at, std::vector<double>& gradient) const;
  /// The loss alone.
  double Evaluate(const std::vector<double>& at) const;

  LinearModel ModelOf(const std::vector<double>& at) const;

 private:
  LogisticLoss() = default;

  struct Block {
    size_t begin, rows, stride;
  };
  const double* WeightsOf(const Block& block) const {
    return weights_.empty() ? nullptr : &weights_[block.begin];
  }
  Columns ColumnsOf(const Block& block) const;
  /// @param scores  [outputs][stride], overwritten by the derivatives. @return the block's loss.
  double Residuals(const std::vector<double>& at, const Block& block, double* scores) const;
  void AddGradient(const Block& block, const double* residuals, double* gradient) const;

  const Samples* samples_ = nullptr;
  Team* team_ = nullptr;
  bool fit_intercept_ = true;
  size_t outputs_ = 1;
  double total_weight_ = 0;
  std::vector<double> positive_;  // two classes: [rows], 1 for the second
  std::vector<int32_t> places_;   // more: [rows]
  std::vector<double> weights_;   // [rows], or empty: 1
};

}  // namespace slipway::train
