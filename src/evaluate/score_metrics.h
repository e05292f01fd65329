#pragma once
// Metrics of probabilities. Source: scikit-learn's metrics of the same names; the expected
// calibration error is that of Guo et al. 2017, On Calibration of Modern Neural Networks.

#include <vector>

#include "evaluate/metrics.h"

namespace slipway::evaluate {

/// Of two classes the positive one's; of more, the mean over the classes that occur beside others,
/// each against the rest; or of the class named.
WeightedMetric RocAuc(const Judged& judged, std::optional<double> label);
WeightedMetric AveragePrecision(const Judged& judged, std::optional<double> label);

WeightedMetric LogLoss(const Judged& judged, std::optional<double>);
/// Halved for two classes, so that it is the positive one's squared error.
WeightedMetric BrierScore(const Judged& judged, std::optional<double>);
WeightedMetric CalibrationError(const Judged& judged, std::optional<double>);
/// Of equal probabilities the later class comes first.
WeightedMetric TopKAccuracy(const Judged& judged, std::optional<double> k);

/// A class's rows by falling probability.
class Ranking {
 public:
  Ranking(const Judged& judged, size_t label);
  double RocAuc(std::span<const double> weights) const;
  double AveragePrecision(std::span<const double> weights) const;

  /// Sums over rows of at least this probability; the first point has none of either.
  struct Point {
    double threshold, hits, false_alarms;
  };
  /// One point a probability that occurs, probabilities falling.
  /// @param weights  empty = 1 each.
  std::vector<Point> Curve(std::span<const double> weights) const;

 private:
  struct Row {
    uint32_t row;
    bool positive;
    bool last_of_equals;
  };
  std::vector<Row> rows_;
  std::vector<double> scores_;  // in the same order
};

/// Probabilities beside what came true.
struct CalibrationBin {
  double weight = 0;
  double mean_probability = 0;
  double share_true = 0;
};
inline constexpr size_t kCalibrationBins = 10;
/// Bins (0, 0.1], (0.1, 0.2], …, 0 belonging to the first: of the positive class's probability; of
/// more than two classes, of the predicted class's.
/// @param weights  empty = 1 each.
std::vector<CalibrationBin> Calibrate(const Judged& judged, std::span<const double> weights);

}  // namespace slipway::evaluate
