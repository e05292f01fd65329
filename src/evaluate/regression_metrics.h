#pragma once
// Metrics of predicted numbers. Source: scikit-learn's metrics of the same names.

#include "evaluate/metrics.h"

namespace slipway::evaluate {

WeightedMetric MeanSquaredError(const Judged& judged, std::optional<double>);
WeightedMetric RootMeanSquaredError(const Judged& judged, std::optional<double>);
WeightedMetric MeanAbsoluteError(const Judged& judged, std::optional<double>);
/// A share, not a percentage; of a true value of 0 the divisor is the spacing of doubles at 1.
WeightedMetric MeanAbsolutePercentageError(const Judged& judged, std::optional<double>);
/// Of constant true values 1 when all are met, else 0; NaN of fewer than two rows.
WeightedMetric R2(const Judged& judged, std::optional<double>);
/// The pinball loss. @param quantile  0.5 when absent, which is half the mean absolute error.
WeightedMetric QuantileLoss(const Judged& judged, std::optional<double> quantile);

}  // namespace slipway::evaluate
