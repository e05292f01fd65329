#include "cli/train_report.h"

#include <fmt/format.h>

#include <cmath>

#include <algorithm>

#include "cli/optimise_report.h"
#include "cli/output.h"
#include "text/json_writer.h"

namespace slipway::cli {
namespace {

using pipeline::TrainingOptions;
using pipeline::TrainingReport;

double Seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

std::string TrialScore(const train::Trial& trial) {
  return trial.ok() ? fmt::format("{:.4g} ± {:.2g}", trial.mean, trial.error)
                    : std::string(MessageOf(trial.status));
}

void AppendTrials(std::string& text, const TrainingReport& report) {
  size_t width = 9;
  for (const train::Trial& trial : report.trials)
    width = std::max(width, train::NameOf(trial.recipe).size());
  text += fmt::format("{:<{}}  {:>9}  {:>9}  {:>11}  {}\n", "estimator", width, "rows", "time",
                      "bytes", report.metric);
  for (const train::Trial& trial : report.trials)
    text += fmt::format("{:<{}}  {:>9}  {:>7.2f} s  {:>11}  {}\n", train::NameOf(trial.recipe),
                        width, trial.rows, Seconds(trial.time), WithThousands(trial.model_bytes),
                        TrialScore(trial));
  text += fmt::format("chosen     {}\n", report.choice);
}

void AppendHeldOut(std::string& text, const evaluate::Report& held_out) {
  for (const evaluate::Figure& figure : held_out.figures) {
    text += fmt::format("held out   {:<18} {:<7.4g}", figure.metric.name, figure.value);
    if (!std::isnan(figure.interval.low))
      text += fmt::format(" ({:.4g} to {:.4g})", figure.interval.low, figure.interval.high);
    text += '\n';
  }
  if (held_out.comparison) text += evaluate::ComparisonText(*held_out.comparison);
  for (const evaluate::GateLine& line : held_out.gate)
    text += fmt::format("gate       {:<6} {}: {}\n", line.passed ? "passed" : "FAILED", line.text,
                        line.found);
}

std::string_view NameOf(data::Task task) {
  return task == data::Task::kRegression ? "regression" : "classification";
}

void WriteTrials(JsonWriter& json, const TrainingReport& report) {
  json.Key("metric").String(report.metric).Key("trials").BeginArray();
  for (const train::Trial& trial : report.trials) {
    json.BeginObject().Key("estimator").String(trial.recipe.kind->name);
    json.Key("parameters").BeginObject();
    for (const auto& [name, value] : trial.recipe.parameters) json.Key(name).String(value);
    json.EndObject().Key("rows").Uint(trial.rows).Key("seconds").Double(Seconds(trial.time));
    if (trial.ok()) {
      json.Key("mean").Double(trial.mean).Key("standard_error").Double(trial.error);
      json.Key("model_bytes").Uint(trial.model_bytes);
    } else {
      json.Key("error").String(MessageOf(trial.status));
    }
    json.EndObject();
  }
  json.EndArray().Key("choice").String(report.choice);
}

void WriteHeldOut(JsonWriter& json, const evaluate::Report& held_out) {
  json.Key("scores").BeginObject();
  for (const evaluate::Figure& figure : held_out.figures)
    json.Key(figure.metric.name).Double(figure.value);
  json.EndObject().Key("intervals").BeginObject();
  for (const evaluate::Figure& figure : held_out.figures) {
    json.Key(figure.metric.name).BeginArray();
    json.Double(figure.interval.low).Double(figure.interval.high).EndArray();
  }
  json.EndObject().Key("gate").BeginArray();
  for (const evaluate::GateLine& line : held_out.gate) {
    json.BeginObject().Key("rule").String(line.text).Key("passed").Bool(line.passed);
    json.Key("found").String(line.found).EndObject();
  }
  json.EndArray();
}

void WriteCurve(JsonWriter& json, const TrainingReport& report) {
  json.Key("learning_curve").BeginObject().Key("metric").String(report.curve_metric);
  json.Key("points").BeginArray();
  for (const train::CurvePoint& point : report.curve)
    json.BeginArray()
        .Int(point.iteration)
        .Double(point.training)
        .Double(point.validation)
        .EndArray();
  json.EndArray().EndObject();
}

void WriteStrings(JsonWriter& json, std::string_view key, const std::vector<std::string>& values) {
  json.Key(key).BeginArray();
  for (const std::string& value : values) json.String(value);
  json.EndArray();
}

}  // namespace

std::string TrainingText(const TrainingReport& report, const TrainingOptions& options) {
  std::string text = fmt::format(
      "data       {}: {} rows, {} columns used, {} of \"{}\"{}\n", options.data,
      WithThousands(report.facts.rows), report.columns, NameOf(report.task), options.target,
      report.labels.empty() ? "" : fmt::format(", {} classes", report.labels.size()));
  if (report.facts.skipped > 0)
    text += fmt::format("skipped    {} bad rows, the first: {}\n", report.facts.skipped,
                        report.facts.first_skipped);
  text += fmt::format("split      {}: {} rows to learn from, {} held out\n", report.split,
                      WithThousands(report.train_rows), WithThousands(report.test_rows));
  for (const std::string& done : report.cleaned) text += fmt::format("cleaned    {}\n", done);
  for (const std::string& step : report.steps) text += fmt::format("step       {}\n", step);
  if (!report.trials.empty()) AppendTrials(text, report);
  text +=
      fmt::format("trained    {}: {} ({:.2f} s{})\n", train::NameOf(report.recipe), report.summary,
                  Seconds(report.fit_time), report.resumed ? ", resumed from the checkpoint" : "");
  if (report.stopped) text += "stopped    before the end: this is the best until then\n";
  if (report.optimised) {
    const optimise::AutoChoice& choice = *report.optimised;
    text += TableOf(choice.trials, choice.chosen);
    text += fmt::format("optimised  by {}{}{}\n", choice.passes.empty() ? "nothing" : choice.passes,
                        choice.why.empty() ? "" : ": ", choice.why);
  }
  if (report.held_out) AppendHeldOut(text, *report.held_out);
  if (!report.packed.digest.empty())
    text += fmt::format("bundle     {}: {} files, {} bytes, {}\n", options.out, report.packed.files,
                        WithThousands(report.packed.size_bytes), report.packed.digest);
  return text;
}

std::string TrainingJson(const TrainingReport& report, const TrainingOptions& options) {
  std::string text;
  JsonWriter json(text);
  json.BeginObject();
  if (!report.packed.digest.empty()) {
    json.Key("output").String(options.out).Key("digest").String(report.packed.digest);
    json.Key("files").Uint(report.packed.files).Key("size_bytes").Uint(report.packed.size_bytes);
  }
  json.Key("data").BeginObject().Key("sha256").String(report.facts.sha256);
  json.Key("rows").Uint(report.facts.rows).Key("skipped").Uint(report.facts.skipped).EndObject();
  json.Key("task").String(NameOf(report.task));
  if (!report.labels.empty()) WriteStrings(json, "labels", report.labels);
  json.Key("rows").BeginObject().Key("train").Uint(report.train_rows);
  json.Key("held_out").Uint(report.test_rows).EndObject();
  json.Key("estimator").String(report.recipe.kind->name).Key("parameters").BeginObject();
  for (const auto& [name, value] : report.recipe.parameters) json.Key(name).String(value);
  json.EndObject().Key("summary").String(report.summary);
  json.Key("model_bytes").Uint(report.model_bytes);
  WriteStrings(json, "cleaned", report.cleaned);
  WriteStrings(json, "steps", report.steps);
  WriteStrings(json, "warnings", report.warnings);
  if (report.optimised) {
    const optimise::AutoChoice& choice = *report.optimised;
    json.Key("optimised").BeginObject().Key("passes").String(choice.passes);
    json.Key("chosen").String(choice.trials[choice.chosen].standing.name);
    json.Key("why").String(choice.why);
    AppendModels(json, choice.trials);
    json.EndObject();
  }
  if (report.held_out) WriteHeldOut(json, *report.held_out);
  if (report.held_out && report.held_out->comparison)
    evaluate::AppendComparison(json, *report.held_out->comparison);
  if (!report.metric.empty()) WriteTrials(json, report);
  if (!report.curve.empty()) WriteCurve(json, report);
  json.Key("resumed").Bool(report.resumed).Key("stopped").Bool(report.stopped);
  json.Key("seconds").BeginObject().Key("read").Double(Seconds(report.read_time));
  json.Key("search").Double(Seconds(report.search_time));
  json.Key("preprocess").Double(Seconds(report.preprocess_time));
  json.Key("fit").Double(Seconds(report.fit_time)).EndObject();
  json.EndObject();
  return text + '\n';
}

}  // namespace slipway::cli
