#pragma once
// Metrics of predicted classes: everything that follows from the confusion matrix.
// Of two classes, precision, recall and F1 are those of the positive one; of more, the mean over
// classes. Source: scikit-learn's metrics of the same names, zero_division=0; but the recall of one
// class that no row is of is not defined.

#include "evaluate/metrics.h"

namespace slipway::evaluate {

WeightedMetric Accuracy(const Judged& judged, std::optional<double>);
WeightedMetric BalancedAccuracy(const Judged& judged, std::optional<double>);
WeightedMetric MatthewsCorrelation(const Judged& judged, std::optional<double>);

WeightedMetric Precision(const Judged& judged, std::optional<double> label);
WeightedMetric PrecisionMacro(const Judged& judged, std::optional<double>);
WeightedMetric PrecisionMicro(const Judged& judged, std::optional<double>);
WeightedMetric PrecisionWeighted(const Judged& judged, std::optional<double>);
WeightedMetric Recall(const Judged& judged, std::optional<double> label);
WeightedMetric RecallMacro(const Judged& judged, std::optional<double>);
WeightedMetric RecallMicro(const Judged& judged, std::optional<double>);
WeightedMetric RecallWeighted(const Judged& judged, std::optional<double>);
WeightedMetric F1(const Judged& judged, std::optional<double> label);
WeightedMetric F1Macro(const Judged& judged, std::optional<double>);
WeightedMetric F1Micro(const Judged& judged, std::optional<double>);
WeightedMetric F1Weighted(const Judged& judged, std::optional<double>);

/// The share of rows that are taken for the class.
WeightedMetric SelectionRate(const Judged& judged, std::optional<double> label);
/// The share of the other classes' rows that are taken for the class.
WeightedMetric FalsePositiveRate(const Judged& judged, std::optional<double> label);

}  // namespace slipway::evaluate
