#include "evaluate/evaluation.h"

#include <absl/strings/numbers.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace slipway::evaluate {
namespace {

constexpr size_t kCurvePoints = 400;
constexpr size_t kMaxCurves = 12;
constexpr size_t kResidualRows = 2'000;

/// Every n-th point, the last one too.
template <typename Add>
void Thin(size_t points, Add&& add) {
  const size_t step = std::max<size_t>(1, points / kCurvePoints);
  for (size_t i = 0; i < points; i += step) add(i);
  if (points > 1 && (points - 1) % step != 0) add(points - 1);
}

void AddCurves(const Judged& judged, std::span<const double> weights, Report& report) {
  const size_t labels = judged.target.labels.size();
  const std::vector<double> ones(weights.empty() ? judged.target.rows() : 0, 1.0);
  const std::span<const double> all = weights.empty() ? std::span<const double>(ones) : weights;
  for (size_t label = 0; label < std::min(labels, kMaxCurves); ++label) {
    if (labels == 2 && static_cast<int32_t>(label) != judged.positive) continue;
    const Ranking ranking(judged, label);
    const auto points = ranking.Curve(all);
    const double hits = points.back().hits, false_alarms = points.back().false_alarms;
    if (hits <= 0 || false_alarms <= 0) continue;
    Curve roc{judged.target.labels[label], {}, {}, ranking.RocAuc(all)};
    Curve precision{judged.target.labels[label], {}, {}, ranking.AveragePrecision(all)};
    Thin(points.size(), [&](size_t i) {
      roc.x.push_back(points[i].false_alarms / false_alarms);
      roc.y.push_back(points[i].hits / hits);
      const double taken = points[i].hits + points[i].false_alarms;
      precision.x.push_back(points[i].hits / hits);
      precision.y.push_back(taken > 0 ? points[i].hits / taken : 1.0);
    });
    report.roc.push_back(std::move(roc));
    report.precision_recall.push_back(std::move(precision));
  }
}

void AddResiduals(const Judged& judged, Report& report) {
  const size_t rows = judged.target.values.size();
  const size_t step = std::max<size_t>(1, (rows + kResidualRows - 1) / kResidualRows);
  for (size_t row = 0; row < rows; row += step) {
    report.residuals.truths.push_back(judged.target.values[row]);
    report.residuals.predicted.push_back(judged.predictions.values[row]);
  }
}

void Describe(const Judged& judged, Subject& subject) {
  subject.target = judged.target.name;
  subject.task = judged.target.task;
  subject.labels = judged.target.labels;
  subject.rows = judged.target.rows();
  if (subject.labels.size() == 2) subject.positive = subject.labels[judged.positive];
}

/// The classes that outputs name.
std::vector<std::string> ModelLabels(const Signature& signature) {
  for (const TensorSpec& spec : signature.outputs)
    if (!spec.labels.empty()) return spec.labels;
  return {};
}

std::optional<int64_t> WholeNumber(const std::string& label) {
  int64_t number;
  return absl::SimpleAtoi(label, &number) ? std::optional(number) : std::nullopt;
}

/// @param labels  all that the target has, and more, in any order.
void SetLabels(std::vector<std::string> labels, data::Target& target) {
  target.integer_labels = std::all_of(labels.begin(), labels.end(),
                                      [](const std::string& l) { return WholeNumber(l); });
  std::sort(labels.begin(), labels.end(), [&](const std::string& a, const std::string& b) {
    return target.integer_labels ? WholeNumber(a) < WholeNumber(b) : a < b;
  });
  std::vector<int32_t> places;
  for (const std::string& label : target.labels)
    places.push_back(
        static_cast<int32_t>(std::find(labels.begin(), labels.end(), label) - labels.begin()));
  for (int32_t& place : target.classes) place = places[place];
  target.labels = std::move(labels);
}

/// "a, b, c"
std::string FirstOf(const std::vector<std::string>& labels) {
  constexpr ptrdiff_t kMost = 5;
  const auto end = labels.begin() + std::min<ptrdiff_t>(kMost, std::ssize(labels));
  return fmt::format("{}{}", fmt::join(labels.begin(), end, ", "), end == labels.end() ? "" : " …");
}

}  // namespace

int ResamplesFor(size_t rows, int wanted) {
  constexpr size_t kRowsInAll = 200'000'000;
  constexpr int kFewest = 200;
  const size_t affordable = kRowsInAll / std::max<size_t>(rows, 1);
  return std::min<int>(wanted, static_cast<int>(std::clamp<size_t>(affordable, kFewest, 100'000)));
}

std::vector<Figure> MeasureAll(const std::vector<NamedMetric>& metrics, const Judged& judged,
                               std::span<const double> weights,
                               const stats::BootstrapOptions& bootstrap) {
  std::vector<Figure> figures;
  std::vector<WeightedMetric> measures;
  for (const NamedMetric& metric : metrics) {
    if (metric.metric->needs_probabilities && judged.predictions.probabilities.empty()) continue;
    measures.push_back(metric.Prepare(judged));
    figures.push_back({metric, 0, {}});
  }
  const auto results = stats::Bootstrap(judged.target.rows(), weights, measures, bootstrap);
  for (size_t i = 0; i < figures.size(); ++i) {
    figures[i].value = results[i].figure;
    figures[i].interval = results[i].interval(bootstrap.confidence);
  }
  return figures;
}

StatusOr<Report> Evaluate(const Judged& judged, Subject subject, const EvaluateOptions& options) {
  const bool has_probabilities = !judged.predictions.probabilities.empty();
  for (const NamedMetric& metric : options.metrics)
    if (metric.metric->needs_probabilities && !has_probabilities)
      return Error(Reason::kBadRequest,
                   "metric \"{}\" wants probabilities, which the model does not give", metric.name);
  Report report;
  Describe(judged, subject);
  subject.weighted = !options.weights.empty();
  report.subject = std::move(subject);
  stats::BootstrapOptions bootstrap = options.bootstrap;
  bootstrap.resamples = ResamplesFor(judged.target.rows(), bootstrap.resamples);
  report.confidence = bootstrap.confidence;
  report.resamples = bootstrap.resamples;
  report.seed = bootstrap.seed;
  report.figures = MeasureAll(
      options.metrics.empty() ? DefaultMetrics(judged.target, has_probabilities) : options.metrics,
      judged, options.weights, bootstrap);
  if (judged.target.task == data::Task::kRegression) {
    AddResiduals(judged, report);
    return report;
  }
  report.confusion = CountConfusion(judged, options.weights);
  if (!has_probabilities) return report;
  AddCurves(judged, options.weights, report);
  report.calibration = Calibrate(judged, options.weights);
  return report;
}

std::optional<data::Task> TaskOf(const Signature& signature) {
  if (!ModelLabels(signature).empty()) return data::Task::kClassification;
  for (const TensorSpec& spec : signature.outputs) {
    if (spec.name == "predict_proba") return data::Task::kClassification;
    if (spec.name != "predict") continue;
    const bool is_float = spec.dtype == DType::kFp64 || spec.dtype == DType::kFp32;
    return is_float ? data::Task::kRegression : data::Task::kClassification;
  }
  return std::nullopt;
}

Status AddModelLabels(const Signature& signature, data::Target& target) {
  std::vector<std::string> labels = target.labels;
  bool in_common = false;
  const std::vector<std::string> known = ModelLabels(signature);
  for (const std::string& label : known) {
    const bool there = std::find(labels.begin(), labels.end(), label) != labels.end();
    in_common |= there;
    if (!there) labels.push_back(label);
  }
  if (!known.empty() && !in_common)
    return Error(Reason::kBadRequest,
                 "the model's classes ({}) are none of those of column \"{}\" ({})", FirstOf(known),
                 target.name, FirstOf(target.labels));
  if (labels.size() == target.labels.size()) return OkStatus();
  SetLabels(std::move(labels), target);
  return OkStatus();
}

}  // namespace slipway::evaluate
