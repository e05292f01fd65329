#include "train/linear/logistic_loss.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "train/algebra/columns.h"
#include "train/linear/losses.h"
#include "train/linear/row_blocks.h"

namespace slipway::train {

StatusOr<LogisticLoss> LogisticLoss::Create(const Samples& samples, const Classes& classes,
                                            bool fit_intercept, Team& team) {
  LogisticLoss loss;
  loss.samples_ = &samples;
  loss.team_ = &team;
  loss.fit_intercept_ = fit_intercept;
  loss.outputs_ = classes.count() == 2 ? 1 : classes.count();
  loss.weights_ = samples.weights;
  loss.places_.resize(samples.rows);
  for (size_t row = 0; row < samples.rows; ++row) {
    const int32_t place = classes.places[samples.target.classes[row]];
    loss.places_[row] = std::max(place, 0);
    if (place >= 0) continue;
    if (loss.weights_.empty()) loss.weights_.assign(samples.rows, 1);
    loss.weights_[row] = 0;
  }
  if (loss.outputs_ == 1) {
    loss.positive_.assign(loss.places_.begin(), loss.places_.end());
    loss.places_ = {};
  }
  loss.total_weight_ = static_cast<double>(samples.rows);
  if (!loss.weights_.empty())
    loss.total_weight_ = std::accumulate(loss.weights_.begin(), loss.weights_.end(), 0.0);
  if (!(loss.total_weight_ > 0 && std::isfinite(loss.total_weight_)))
    return Error(Reason::kBadRequest, "weights: expected a positive finite sum, got {}",
                 loss.total_weight_);
  return loss;
}

Columns LogisticLoss::ColumnsOf(const Block& block) const {
  return {samples_->values.data() + block.begin, samples_->rows, features()};
}

double LogisticLoss::Residuals(const std::vector<double>& at, const Block& block,
                               double* scores) const {
  const double* intercepts = fit_intercept_ ? &at[outputs_ * features()] : nullptr;
  for (size_t k = 0; k < outputs_; ++k) {
    double* score = scores + k * block.stride;
    std::fill(score, score + block.stride, intercepts ? intercepts[k] : 0);
    AddScores(ColumnsOf(block), block.rows, at.data() + k * features(), score);
  }
  if (outputs_ == 1)
    return LogisticResiduals(scores, &positive_[block.begin], WeightsOf(block), block.rows);
  return SoftmaxResiduals(scores, block.stride, outputs_, &places_[block.begin], WeightsOf(block),
                          block.rows);
}

void LogisticLoss::AddGradient(const Block& block, const double* residuals,
                               double* gradient) const {
  AddProducts({residuals, block.stride, outputs_}, ColumnsOf(block), block.rows, gradient);
  if (!fit_intercept_) return;
  for (size_t k = 0; k < outputs_; ++k) {
    const double* residual = residuals + k * block.stride;
    gradient[outputs_ * features() + k] += std::accumulate(residual, residual + block.rows, 0.0);
  }
}

double LogisticLoss::Evaluate(const std::vector<double>& at, std::vector<double>& gradient) const {
  const size_t block = BlockRows(features() + outputs_);
  const auto add = [&](std::vector<double>& sums, size_t begin, size_t end) {
    thread_local std::vector<double> scores;
    scores.resize(outputs_ * block);
    const Block rows{begin, end - begin, block};
    sums[size()] += Residuals(at, rows, scores.data());
    AddGradient(rows, scores.data(), sums.data());
  };
  const std::vector<double> sums = SumOverRows(*team_, samples_->rows, block, size() + 1, add);
  for (size_t i = 0; i < size(); ++i) gradient[i] = sums[i] / total_weight_;
  return sums[size()] / total_weight_;
}

double LogisticLoss::Evaluate(const std::vector<double>& at) const {
  const size_t block = BlockRows(features() + outputs_);
  const auto add = [&](std::vector<double>& sums, size_t begin, size_t end) {
    thread_local std::vector<double> scores;
    scores.resize(outputs_ * block);
    sums[0] += Residuals(at, {begin, end - begin, block}, scores.data());
  };
  return SumOverRows(*team_, samples_->rows, block, 1, add)[0] / total_weight_;
}

LinearModel LogisticLoss::ModelOf(const std::vector<double>& at) const {
  LinearModel model;
  model.features = features();
  const auto end = at.begin() + static_cast<std::ptrdiff_t>(outputs_ * features());
  model.weights.assign(at.begin(), end);
  model.intercepts.assign(outputs_, 0);
  if (fit_intercept_) model.intercepts.assign(end, at.end());
  return model;
}

}  // namespace slipway::train
