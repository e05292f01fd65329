#include <cmath>

#include "evaluate/report.h"
#include "text/json_writer.h"

namespace slipway::evaluate {
namespace {

constexpr int64_t kFormatVersion = 1;

void AppendNumbers(JsonWriter& json, std::string_view key, std::span<const double> values) {
  json.Key(key).BeginArray();
  for (const double value : values) json.Double(value);
  json.EndArray();
}

void AppendWords(JsonWriter& json, std::string_view key, std::span<const std::string> words) {
  json.Key(key).BeginArray();
  for (const std::string& word : words) json.String(word);
  json.EndArray();
}

void AppendInterval(JsonWriter& json, const stats::Interval& interval) {
  json.Key("interval").BeginArray().Double(interval.low).Double(interval.high).EndArray();
}

void AppendSubject(JsonWriter& json, const Subject& subject) {
  json.Key("model").BeginObject().Key("name").String(subject.model);
  if (!subject.digest.empty()) json.Key("digest").String(subject.digest);
  json.EndObject();
  json.Key("data").BeginObject().Key("path").String(subject.data);
  if (!subject.data_digest.empty()) json.Key("digest").String(subject.data_digest);
  json.Key("rows").Uint(subject.data_rows).Key("skipped_rows").Uint(subject.skipped_rows);
  json.EndObject();
  json.Key("target").String(subject.target);
  json.Key("task").String(subject.task == data::Task::kRegression ? "regression"
                                                                  : "classification");
  if (!subject.labels.empty()) AppendWords(json, "labels", subject.labels);
  if (!subject.positive.empty()) json.Key("positive").String(subject.positive);
  json.Key("rows").Uint(subject.rows).Key("weighted").Bool(subject.weighted);
}

void AppendFigures(JsonWriter& json, std::span<const Figure> figures) {
  json.Key("metrics").BeginArray();
  for (const Figure& figure : figures) {
    json.BeginObject().Key("name").String(figure.metric.name);
    json.Key("value").Double(figure.value);
    AppendInterval(json, figure.interval);
    json.Key("higher_is_better").Bool(figure.metric.metric->higher_is_better).EndObject();
  }
  json.EndArray();
}

void AppendConfusion(JsonWriter& json, const Confusion& confusion) {
  json.Key("confusion").BeginArray();
  for (size_t truth = 0; truth < confusion.labels; ++truth) {
    json.BeginArray();
    for (size_t predicted = 0; predicted <= confusion.labels; ++predicted)
      json.Double(confusion.At(truth, predicted));
    json.EndArray();
  }
  json.EndArray();
}

void AppendCurves(JsonWriter& json, std::string_view key, std::string_view x, std::string_view y,
                  std::span<const Curve> curves) {
  if (curves.empty()) return;
  json.Key(key).BeginArray();
  for (const Curve& curve : curves) {
    json.BeginObject().Key("class").String(curve.label).Key("area").Double(curve.area);
    AppendNumbers(json, x, curve.x);
    AppendNumbers(json, y, curve.y);
    json.EndObject();
  }
  json.EndArray();
}

void AppendCalibration(JsonWriter& json, std::span<const CalibrationBin> bins) {
  if (bins.empty()) return;
  json.Key("calibration").BeginArray();
  for (const CalibrationBin& bin : bins)
    json.BeginObject()
        .Key("weight")
        .Double(bin.weight)
        .Key("mean_probability")
        .Double(bin.mean_probability)
        .Key("share_true")
        .Double(bin.share_true)
        .EndObject();
  json.EndArray();
}

void AppendSlices(JsonWriter& json, std::span<const Slice> slices) {
  if (slices.empty()) return;
  json.Key("slices").BeginArray();
  for (const Slice& slice : slices) {
    json.BeginObject().Key("column").String(slice.column);
    json.Key("left_out_rows").Uint(slice.left_out).Key("groups").BeginArray();
    for (const Group& group : slice.groups) {
      json.BeginObject().Key("name").String(group.name).Key("rows").Uint(group.rows);
      AppendFigures(json, group.figures);
      json.EndObject();
    }
    json.EndArray();
    if (slice.fairness)
      json.Key("fairness")
          .BeginObject()
          .Key("demographic_parity_difference")
          .Double(slice.fairness->parity_difference)
          .Key("demographic_parity_ratio")
          .Double(slice.fairness->parity_ratio)
          .Key("equal_opportunity_difference")
          .Double(slice.fairness->opportunity_difference)
          .EndObject();
    json.EndObject();
  }
  json.EndArray();
}

void AppendImportance(JsonWriter& json, const PermutationImportance& importance) {
  json.Key("permutation_importance").BeginObject();
  json.Key("metric").String(importance.metric);
  json.Key("repeats").Int(importance.repeats).Key("features").BeginArray();
  for (const FeatureImportance& feature : importance.features)
    json.BeginObject()
        .Key("feature")
        .String(feature.feature)
        .Key("mean")
        .Double(feature.mean)
        .Key("standard_deviation")
        .Double(feature.deviation)
        .EndObject();
  json.EndArray().EndObject();
}

/// [rows][outputs][columns]
void AppendShapValues(JsonWriter& json, const TreeShap& shap) {
  AppendWords(json, "columns", shap.columns);
  json.Key("row_numbers").BeginArray();
  for (const uint32_t row : shap.row_numbers) json.Uint(row);
  json.EndArray().Key("values").BeginArray();
  auto value = shap.values.begin();
  for (size_t row = 0; row < shap.row_numbers.size(); ++row) {
    json.BeginArray();
    for (size_t output = 0; output < shap.base_values.size(); ++output) {
      json.BeginArray();
      for (size_t column = 0; column < shap.columns.size(); ++column) json.Double(*value++);
      json.EndArray();
    }
    json.EndArray();
  }
  json.EndArray();
}

void AppendShap(JsonWriter& json, const TreeShap& shap) {
  json.Key("shap").BeginObject().Key("rows").Uint(shap.rows);
  json.Key("background_rows").Uint(shap.background);
  AppendNumbers(json, "base_values", shap.base_values);
  json.Key("features").BeginArray();
  for (const FeatureShap& feature : shap.features)
    json.BeginObject()
        .Key("feature")
        .String(feature.feature)
        .Key("mean_absolute")
        .Double(feature.mean_absolute)
        .EndObject();
  json.EndArray();
  if (!shap.values.empty()) AppendShapValues(json, shap);
  json.EndObject();
}

void AppendLearning(JsonWriter& json, const Report& report) {
  if (report.learning.empty()) return;
  json.Key("learning_curve").BeginObject().Key("metric").String(report.learning_metric);
  json.Key("points").BeginArray();
  for (const LearningPoint& point : report.learning)
    json.BeginArray()
        .Double(point.iteration)
        .Double(point.training)
        .Double(point.validation)
        .EndArray();
  json.EndArray().EndObject();
}

}  // namespace

void AppendGate(JsonWriter& json, std::span<const GateLine> gate) {
  bool passed = true;
  for (const GateLine& line : gate) passed &= line.passed;
  json.Key("gate").BeginObject().Key("passed").Bool(passed).Key("lines").BeginArray();
  for (const GateLine& line : gate)
    json.BeginObject()
        .Key("line")
        .String(line.text)
        .Key("passed")
        .Bool(line.passed)
        .Key("found")
        .String(line.found)
        .EndObject();
  json.EndArray().EndObject();
}

void AppendComparison(JsonWriter& json, const Comparison& comparison) {
  json.Key("comparison").BeginObject().Key("baseline").String(comparison.baseline);
  json.Key("test").String(comparison.test).Key("p_value").Double(comparison.p_value);
  json.Key("metrics").BeginArray();
  for (const Difference& difference : comparison.differences) {
    json.BeginObject().Key("name").String(difference.metric.name);
    json.Key("candidate").Double(difference.candidate);
    json.Key("baseline").Double(difference.baseline);
    json.Key("difference").Double(difference.candidate - difference.baseline);
    AppendInterval(json, difference.interval);
    json.Key("p_value").Double(difference.p_value).EndObject();
  }
  json.EndArray().EndObject();
}

std::string ToJson(const Report& report) {
  std::string text;
  JsonWriter json(text);
  json.BeginObject().Key("format_version").Int(kFormatVersion);
  AppendSubject(json, report.subject);
  json.Key("confidence").Double(report.confidence);
  json.Key("resamples").Int(report.resamples).Key("seed").Uint(report.seed);
  AppendFigures(json, report.figures);
  if (report.confusion) AppendConfusion(json, *report.confusion);
  AppendCurves(json, "roc", "false_positive_rate", "true_positive_rate", report.roc);
  AppendCurves(json, "precision_recall", "recall", "precision", report.precision_recall);
  AppendCalibration(json, report.calibration);
  AppendSlices(json, report.slices);
  if (report.importance) AppendImportance(json, *report.importance);
  if (report.shap) AppendShap(json, *report.shap);
  if (report.comparison) AppendComparison(json, *report.comparison);
  AppendLearning(json, report);
  if (!report.gate.empty()) AppendGate(json, report.gate);
  json.EndObject();
  return text + "\n";
}

}  // namespace slipway::evaluate
