#include "evaluate/class_metrics.h"

#include <cmath>
#include <limits>
#include <numeric>

#include "evaluate/confusion.h"

namespace slipway::evaluate {
namespace {

constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();

double Ratio(double part, double whole, double otherwise) {
  return whole > 0 ? part / whole : otherwise;
}

/// A class of its own against all others.
struct OneClass {
  double hits = 0, actual = 0, predicted = 0;
};
OneClass ClassAt(const Confusion& confusion, size_t label) {
  return {confusion.At(label, label), confusion.TrueWeight(label),
          confusion.PredictedWeight(label)};
}

using OfClass = double (*)(const OneClass&);
double PrecisionOf(const OneClass& c) { return Ratio(c.hits, c.predicted, 0); }
double RecallOf(const OneClass& c) { return Ratio(c.hits, c.actual, 0); }
double RecallIfAny(const OneClass& c) { return Ratio(c.hits, c.actual, kUndefined); }
double F1Of(const OneClass& c) { return Ratio(2 * c.hits, c.actual + c.predicted, 0); }

/// The mean over the classes that occur, actual or predicted; what is none of the labels is one.
double MacroMean(const Confusion& confusion, OfClass of_class) {
  double sum = 0, classes = 0;
  for (size_t label = 0; label < confusion.labels; ++label) {
    const OneClass c = ClassAt(confusion, label);
    if (c.actual + c.predicted <= 0) continue;
    sum += of_class(c);
    ++classes;
  }
  if (confusion.PredictedWeight(confusion.labels) > 0) ++classes;
  return Ratio(sum, classes, kUndefined);
}

double WeightedMean(const Confusion& confusion, OfClass of_class) {
  double sum = 0, weight = 0;
  for (size_t label = 0; label < confusion.labels; ++label) {
    const OneClass c = ClassAt(confusion, label);
    sum += c.actual * of_class(c);
    weight += c.actual;
  }
  return Ratio(sum, weight, kUndefined);
}

double Hits(const Confusion& confusion) {
  double hits = 0;
  for (size_t label = 0; label < confusion.labels; ++label) hits += confusion.At(label, label);
  return hits;
}

template <typename OfConfusion>
WeightedMetric Counted(const Judged& judged, OfConfusion of_confusion) {
  return [judged, of_confusion](std::span<const double> weights) {
    const Confusion confusion = CountConfusion(judged, weights);
    return confusion.Weight() > 0 ? of_confusion(confusion) : kUndefined;
  };
}

/// Of the class named; of two classes the positive one; else the mean over classes.
WeightedMetric OneOrMacro(const Judged& judged, std::optional<double> label, OfClass of_class) {
  if (!label && judged.target.labels.size() > 2)
    return Counted(judged, [of_class](const Confusion& c) { return MacroMean(c, of_class); });
  const auto place = static_cast<size_t>(label.value_or(judged.positive));
  return Counted(judged, [=](const Confusion& c) { return of_class(ClassAt(c, place)); });
}

WeightedMetric Macro(const Judged& judged, OfClass of_class) {
  return Counted(judged, [=](const Confusion& c) { return MacroMean(c, of_class); });
}

WeightedMetric Weighted(const Judged& judged, OfClass of_class) {
  return Counted(judged, [=](const Confusion& c) { return WeightedMean(c, of_class); });
}

}  // namespace

double Confusion::TrueWeight(size_t label) const {
  const double* const row = &cells[label * (labels + 1)];
  return std::accumulate(row, row + labels + 1, 0.0);
}

double Confusion::PredictedWeight(size_t label) const {
  double weight = 0;
  for (size_t truth = 0; truth < labels; ++truth) weight += At(truth, label);
  return weight;
}

double Confusion::Weight() const { return std::accumulate(cells.begin(), cells.end(), 0.0); }

Confusion CountConfusion(const Judged& judged, std::span<const double> weights) {
  const size_t labels = judged.target.labels.size();
  Confusion confusion{labels, std::vector<double>(labels * (labels + 1), 0.0)};
  const std::vector<int32_t>& truths = judged.target.classes;
  const std::vector<int32_t>& predicted = judged.predictions.classes;
  for (size_t row = 0; row < truths.size(); ++row) {
    const size_t column = predicted[row] < 0 ? labels : static_cast<size_t>(predicted[row]);
    confusion.cells[truths[row] * (labels + 1) + column] += weights.empty() ? 1.0 : weights[row];
  }
  return confusion;
}

WeightedMetric Accuracy(const Judged& judged, std::optional<double>) {
  return Counted(judged, [](const Confusion& c) { return Hits(c) / c.Weight(); });
}

WeightedMetric BalancedAccuracy(const Judged& judged, std::optional<double>) {
  return Counted(judged, [](const Confusion& c) {
    double sum = 0, classes = 0;
    for (size_t label = 0; label < c.labels; ++label) {
      const double actual = c.TrueWeight(label);
      if (actual <= 0) continue;
      sum += c.At(label, label) / actual;
      ++classes;
    }
    return sum / classes;
  });
}

WeightedMetric MatthewsCorrelation(const Judged& judged, std::optional<double>) {
  return Counted(judged, [](const Confusion& c) {
    const double all = c.Weight();
    double actual_predicted = 0, actual_actual = 0, predicted_predicted = 0;
    for (size_t label = 0; label <= c.labels; ++label) {
      const double actual = label < c.labels ? c.TrueWeight(label) : 0;
      const double predicted = c.PredictedWeight(label);
      actual_predicted += actual * predicted;
      actual_actual += actual * actual;
      predicted_predicted += predicted * predicted;
    }
    const double spread = (all * all - predicted_predicted) * (all * all - actual_actual);
    return spread > 0 ? (Hits(c) * all - actual_predicted) / std::sqrt(spread) : 0.0;
  });
}

WeightedMetric Precision(const Judged& judged, std::optional<double> label) {
  return OneOrMacro(judged, label, PrecisionOf);
}
WeightedMetric PrecisionMacro(const Judged& judged, std::optional<double>) {
  return Macro(judged, PrecisionOf);
}
WeightedMetric PrecisionWeighted(const Judged& judged, std::optional<double>) {
  return Weighted(judged, PrecisionOf);
}
WeightedMetric Recall(const Judged& judged, std::optional<double> label) {
  // Of one class without a row there is nothing to find: not 0, or a gate of slices would fail.
  const bool one = label || judged.target.labels.size() <= 2;
  return OneOrMacro(judged, label, one ? RecallIfAny : RecallOf);
}
WeightedMetric RecallMacro(const Judged& judged, std::optional<double>) {
  return Macro(judged, RecallOf);
}
WeightedMetric RecallWeighted(const Judged& judged, std::optional<double>) {
  return Weighted(judged, RecallOf);
}
WeightedMetric F1(const Judged& judged, std::optional<double> label) {
  return OneOrMacro(judged, label, F1Of);
}
WeightedMetric F1Macro(const Judged& judged, std::optional<double>) { return Macro(judged, F1Of); }
WeightedMetric F1Weighted(const Judged& judged, std::optional<double>) {
  return Weighted(judged, F1Of);
}

// Counted over all classes together, each row is one actual and one predicted class.
WeightedMetric PrecisionMicro(const Judged& judged, std::optional<double> none) {
  return Accuracy(judged, none);
}
WeightedMetric RecallMicro(const Judged& judged, std::optional<double> none) {
  return Accuracy(judged, none);
}
WeightedMetric F1Micro(const Judged& judged, std::optional<double> none) {
  return Accuracy(judged, none);
}

WeightedMetric SelectionRate(const Judged& judged, std::optional<double> label) {
  const auto place = static_cast<size_t>(label.value_or(judged.positive));
  return Counted(judged, [=](const Confusion& c) { return c.PredictedWeight(place) / c.Weight(); });
}

WeightedMetric FalsePositiveRate(const Judged& judged, std::optional<double> label) {
  const auto place = static_cast<size_t>(label.value_or(judged.positive));
  return Counted(judged, [=](const Confusion& c) {
    const OneClass one = ClassAt(c, place);
    return Ratio(one.predicted - one.hits, c.Weight() - one.actual, kUndefined);
  });
}

}  // namespace slipway::evaluate
