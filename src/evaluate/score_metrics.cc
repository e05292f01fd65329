#include "evaluate/score_metrics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <numeric>

#include "evaluate/mean_metric.h"

namespace slipway::evaluate {
namespace {

constexpr double kNoScore = std::numeric_limits<double>::quiet_NaN();

/// The probabilities of one row.
std::span<const double> RowOf(const Judged& judged, size_t row) {
  const size_t labels = judged.target.labels.size();
  return std::span(judged.predictions.probabilities).subspan(row * labels, labels);
}

template <typename OfRanking>
WeightedMetric Ranked(const Judged& judged, std::optional<double> label, OfRanking of_ranking) {
  std::vector<size_t> classes(judged.target.labels.size());
  std::iota(classes.begin(), classes.end(), size_t{0});
  if (label)
    classes = {static_cast<size_t>(*label)};
  else if (classes.size() == 2)
    classes = {static_cast<size_t>(judged.positive)};
  auto rankings = std::make_shared<std::vector<Ranking>>();
  for (const size_t one : classes) rankings->emplace_back(judged, one);
  return [rankings, of_ranking](std::span<const double> weights) {
    double sum = 0, defined = 0;
    for (const Ranking& ranking : *rankings) {
      const double value = of_ranking(ranking, weights);
      if (std::isnan(value)) continue;
      sum += value;
      ++defined;
    }
    return defined > 0 ? sum / defined : kNoScore;
  };
}

/// The bin of each row's probability, that probability, and whether it came true.
struct Confidence {
  size_t bin;
  double probability;
  bool came_true;
};
Confidence ConfidenceOf(const Judged& judged, size_t row) {
  const auto probabilities = RowOf(judged, row);
  const size_t about =
      probabilities.size() == 2
          ? static_cast<size_t>(judged.positive)
          : std::max_element(probabilities.begin(), probabilities.end()) - probabilities.begin();
  Confidence confidence{0, probabilities[about],
                        judged.target.classes[row] == static_cast<int32_t>(about)};
  while (confidence.bin + 1 < kCalibrationBins &&
         confidence.probability > static_cast<double>(confidence.bin + 1) * 0.1)
    ++confidence.bin;
  return confidence;
}

std::vector<CalibrationBin> FillBins(std::span<const Confidence> rows,
                                     std::span<const double> weights) {
  std::vector<CalibrationBin> bins(kCalibrationBins);
  for (size_t row = 0; row < rows.size(); ++row) {
    const double weight = weights.empty() ? 1.0 : weights[row];
    CalibrationBin& bin = bins[rows[row].bin];
    bin.weight += weight;
    bin.mean_probability += weight * rows[row].probability;
    if (rows[row].came_true) bin.share_true += weight;
  }
  for (CalibrationBin& bin : bins) {
    if (bin.weight <= 0) continue;
    bin.mean_probability /= bin.weight;
    bin.share_true /= bin.weight;
  }
  return bins;
}

std::vector<Confidence> Confidences(const Judged& judged) {
  std::vector<Confidence> rows;
  rows.reserve(judged.target.classes.size());
  for (size_t row = 0; row < judged.target.classes.size(); ++row)
    rows.push_back(ConfidenceOf(judged, row));
  return rows;
}

}  // namespace

Ranking::Ranking(const Judged& judged, size_t label) {
  const size_t rows = judged.target.classes.size(), labels = judged.target.labels.size();
  const auto score = [&](uint32_t row) {
    return judged.predictions.probabilities[row * labels + label];
  };
  std::vector<uint32_t> order(rows);
  std::iota(order.begin(), order.end(), 0u);
  std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
    return score(a) != score(b) ? score(a) > score(b) : a < b;
  });
  rows_.reserve(rows);
  scores_.reserve(rows);
  for (size_t i = 0; i < rows; ++i) {
    rows_.push_back({order[i], judged.target.classes[order[i]] == static_cast<int32_t>(label),
                     i + 1 == rows || score(order[i]) != score(order[i + 1])});
    scores_.push_back(score(order[i]));
  }
}

double Ranking::RocAuc(std::span<const double> weights) const {
  // Each negative row counts the positive ones above it, and half of those beside it.
  double positives = 0, negatives = 0, above = 0, area = 0;
  double equal_positives = 0, equal_negatives = 0;
  for (const Row& row : rows_) {
    (row.positive ? equal_positives : equal_negatives) += weights[row.row];
    if (!row.last_of_equals) continue;
    area += equal_negatives * (above + equal_positives / 2);
    above += equal_positives;
    negatives += equal_negatives;
    equal_positives = equal_negatives = 0;
  }
  positives = above;
  return positives > 0 && negatives > 0 ? area / (positives * negatives) : kNoScore;
}

double Ranking::AveragePrecision(std::span<const double> weights) const {
  double hits = 0, all = 0, equal_hits = 0, area = 0;
  for (const Row& row : rows_) {
    const double weight = weights[row.row];
    all += weight;
    if (row.positive) equal_hits += weight;
    if (!row.last_of_equals || equal_hits <= 0) continue;
    hits += equal_hits;
    area += equal_hits * hits / all;
    equal_hits = 0;
  }
  return hits > 0 ? area / hits : kNoScore;
}

std::vector<Ranking::Point> Ranking::Curve(std::span<const double> weights) const {
  std::vector<Point> points = {{std::numeric_limits<double>::infinity(), 0, 0}};
  Point at = points.front();
  for (size_t i = 0; i < rows_.size(); ++i) {
    const double weight = weights.empty() ? 1.0 : weights[rows_[i].row];
    (rows_[i].positive ? at.hits : at.false_alarms) += weight;
    at.threshold = scores_[i];
    if (rows_[i].last_of_equals) points.push_back(at);
  }
  return points;
}

WeightedMetric RocAuc(const Judged& judged, std::optional<double> label) {
  return Ranked(judged, label,
                [](const Ranking& r, std::span<const double> w) { return r.RocAuc(w); });
}

WeightedMetric AveragePrecision(const Judged& judged, std::optional<double> label) {
  return Ranked(judged, label,
                [](const Ranking& r, std::span<const double> w) { return r.AveragePrecision(w); });
}

WeightedMetric LogLoss(const Judged& judged, std::optional<double>) {
  constexpr double kEpsilon = std::numeric_limits<double>::epsilon();
  return MeanOf(judged.target.classes.size(), [&](size_t row) {
    const double probability = RowOf(judged, row)[judged.target.classes[row]];
    return -std::log(std::clamp(probability, kEpsilon, 1 - kEpsilon));
  });
}

WeightedMetric BrierScore(const Judged& judged, std::optional<double>) {
  return MeanOf(judged.target.classes.size(), [&](size_t row) {
    const auto probabilities = RowOf(judged, row);
    double sum = 0;
    for (size_t label = 0; label < probabilities.size(); ++label) {
      const double truth = judged.target.classes[row] == static_cast<int32_t>(label) ? 1 : 0;
      sum += (truth - probabilities[label]) * (truth - probabilities[label]);
    }
    return probabilities.size() == 2 ? sum / 2 : sum;
  });
}

WeightedMetric CalibrationError(const Judged& judged, std::optional<double>) {
  return [rows = std::make_shared<const std::vector<Confidence>>(Confidences(judged))](
             std::span<const double> weights) {
    double error = 0, weight = 0;
    for (const CalibrationBin& bin : FillBins(*rows, weights)) {
      error += bin.weight * std::abs(bin.mean_probability - bin.share_true);
      weight += bin.weight;
    }
    return weight > 0 ? error / weight : kNoScore;
  };
}

std::vector<CalibrationBin> Calibrate(const Judged& judged, std::span<const double> weights) {
  return FillBins(Confidences(judged), weights);
}

WeightedMetric TopKAccuracy(const Judged& judged, std::optional<double> k) {
  constexpr double kDefault = 3;
  return MeanOf(judged.target.classes.size(), [&](size_t row) {
    const auto probabilities = RowOf(judged, row);
    const auto truth = static_cast<size_t>(judged.target.classes[row]);
    double before = 0;
    for (size_t label = 0; label < probabilities.size(); ++label)
      if (probabilities[label] > probabilities[truth] ||
          (probabilities[label] == probabilities[truth] && label > truth))
        ++before;
    return before < k.value_or(kDefault) ? 1.0 : 0.0;
  });
}

}  // namespace slipway::evaluate
