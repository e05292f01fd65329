#include "evaluate/regression_metrics.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "evaluate/mean_metric.h"

namespace slipway::evaluate {
namespace {

/// The weighted mean of a figure of each true value and what was predicted.
template <typename OfPair>
WeightedMetric MeanOfPairs(const Judged& judged, OfPair&& of_pair) {
  return MeanOf(judged.target.values.size(), [&](size_t row) {
    return of_pair(judged.target.values[row], judged.predictions.values[row]);
  });
}

double SquaredError(double truth, double predicted) {
  return (truth - predicted) * (truth - predicted);
}

double R2Of(const std::vector<double>& truths, const std::vector<double>& predicted,
            std::span<const double> weights) {
  double weight = 0, mean = 0;
  size_t rows = 0;
  for (size_t row = 0; row < truths.size(); ++row) {
    weight += weights[row];
    mean += weights[row] * truths[row];
    rows += weights[row] > 0 ? 1 : 0;
  }
  if (rows < 2) return std::numeric_limits<double>::quiet_NaN();
  mean /= weight;
  double unexplained = 0, all = 0;
  for (size_t row = 0; row < truths.size(); ++row) {
    unexplained += weights[row] * SquaredError(truths[row], predicted[row]);
    all += weights[row] * SquaredError(truths[row], mean);
  }
  if (all > 0) return 1 - unexplained / all;
  return unexplained > 0 ? 0.0 : 1.0;
}

}  // namespace

WeightedMetric MeanSquaredError(const Judged& judged, std::optional<double>) {
  return MeanOfPairs(judged, SquaredError);
}

WeightedMetric RootMeanSquaredError(const Judged& judged, std::optional<double> none) {
  return [squared = MeanSquaredError(judged, none)](std::span<const double> weights) {
    return std::sqrt(squared(weights));
  };
}

WeightedMetric MeanAbsoluteError(const Judged& judged, std::optional<double>) {
  return MeanOfPairs(judged,
                     [](double truth, double predicted) { return std::abs(truth - predicted); });
}

WeightedMetric MeanAbsolutePercentageError(const Judged& judged, std::optional<double>) {
  return MeanOfPairs(judged, [](double truth, double predicted) {
    return std::abs(truth - predicted) /
           std::max(std::abs(truth), std::numeric_limits<double>::epsilon());
  });
}

WeightedMetric R2(const Judged& judged, std::optional<double>) {
  return [&truths = judged.target.values, &predicted = judged.predictions.values](
             std::span<const double> weights) { return R2Of(truths, predicted, weights); };
}

WeightedMetric QuantileLoss(const Judged& judged, std::optional<double> quantile) {
  return MeanOfPairs(judged, [q = quantile.value_or(0.5)](double truth, double predicted) {
    return truth >= predicted ? q * (truth - predicted) : (1 - q) * (predicted - truth);
  });
}

}  // namespace slipway::evaluate
