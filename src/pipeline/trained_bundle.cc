#include "pipeline/trained_bundle.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <numeric>

#include "data/feature_schema.h"
#include "evaluate/table_inputs.h"
#include "optimise/inline_data.h"
#include "optimise/value_types.h"

namespace slipway::pipeline {
namespace {

constexpr size_t kExamples = 3;
constexpr size_t kRowsOfExample = 2;
/// Answers of another engine or class of processor differ by rounding.
constexpr bundle::Tolerance kRounding{.absolute = 1e-9, .relative = 1e-9};
/// The same of FP32, as a share of the largest answer: the terms of small ones may be as large.
constexpr double kRoundingOfFp32 = 1e-5;

StatusOr<bool> ComputesInFp32(const std::string& onnx) {
  ASSIGN_OR_RETURN(const ::onnx::ModelProto model,
                   optimise::ParseWhole({std::as_bytes(std::span(onnx)), {}}));
  return std::ranges::any_of(optimise::ValueTypesOf(model.graph()), [](const auto& value) {
    return value.second == ::onnx::TensorProto::FLOAT;
  });
}

bundle::Tolerance ToleranceOf(const Tensor& answers, bool in_fp32) {
  if (answers.dtype != DType::kFp64) return {};
  if (!in_fp32) return kRounding;
  double largest = 0;
  for (const double answer : answers.as<double>())
    if (std::isfinite(answer)) largest = std::max(largest, std::abs(answer));
  return {.absolute = kRoundingOfFp32 * largest};
}

/// Rows of the data and what the model says of them.
StatusOr<std::vector<bundle::Example>> ExamplesOf(const evaluate::Runner& runner,
                                                  const train::Trained& trained,
                                                  const data::Table& table) {
  std::vector<bundle::Example> examples;
  ASSIGN_OR_RETURN(const evaluate::TableInputs inputs,
                   evaluate::TableInputs::Create(trained.signature, table));
  ASSIGN_OR_RETURN(const bool in_fp32, ComputesInFp32(trained.onnx));
  for (size_t begin = 0; begin < table.rows && examples.size() < kExamples;
       begin += kRowsOfExample) {
    bundle::Example example{.name = fmt::format("rows-{}", examples.size() + 1), .origin = "self"};
    ASSIGN_OR_RETURN(example.inputs,
                     inputs.Rows(begin, std::min(begin + kRowsOfExample, table.rows)));
    ASSIGN_OR_RETURN(example.outputs, runner.Run(example.inputs, {}));
    for (const NamedTensor& output : example.outputs)
      example.tolerances.push_back(ToleranceOf(output.tensor, in_fp32));
    examples.push_back(std::move(example));
  }
  return examples;
}

}  // namespace

std::map<std::string, std::string> LineageOf(const TrainingReport& report,
                                             const TrainingOptions& options) {
  std::map<std::string, std::string> lineage = {
      {"source_format", "slipway"},
      {"framework", "slipway"},
      {"framework_version", std::string(SLIPWAY_VERSION)},
      {"created_by", "slipway train"},
      {"data_file", std::filesystem::path(options.data).filename().string()},
      {"data_sha256", report.facts.sha256},
      {"data_rows", fmt::format("{}", report.facts.rows)},
      {"target", options.target},
      {"rows", ToJson(options)},
      {"task", report.task == data::Task::kRegression ? "regression" : "classification"},
      {"split", fmt::format("{}: {} rows to learn from, {} held out", report.split,
                            report.train_rows, report.test_rows)},
      {"estimator", train::NameOf(report.recipe)},
      {"training", report.summary},
      {"seed", fmt::format("{}", options.seed)},
      {"threads", fmt::format("{}", options.threads)},
      {"steps", fmt::format("{}", fmt::join(report.steps, "; "))}};
  if (options.sample < report.facts.rows)
    lineage["data_sample"] = fmt::format("{} rows", options.sample);
  if (report.facts.skipped > 0)
    lineage["data_rows_skipped"] = fmt::format("{}", report.facts.skipped);
  if (!report.cleaned.empty())
    lineage["cleaning"] = fmt::format("{}", fmt::join(report.cleaned, "; "));
  if (!options.drop.empty()) lineage["dropped"] = fmt::format("{}", fmt::join(options.drop, ", "));
  for (const auto& [role, column] :
       {std::pair("weights", &options.weights), {"group", &options.group}, {"time", &options.time}})
    if (!column->empty()) lineage[role] = *column;
  if (!report.choice.empty()) lineage["choice"] = report.choice;
  if (report.optimised) lineage["passes"] = report.optimised->passes;
  if (report.stopped) lineage["stopped"] = "before the end: the best until then";
  if (report.held_out)
    for (const evaluate::Figure& figure : report.held_out->figures)
      lineage["held_out." + figure.metric.name] = fmt::format("{}", figure.value);
  return lineage;
}

StatusOr<bundle::Packed> PackTrained(const train::Trained& trained, const evaluate::Runner& runner,
                                     const TrainingRows& rows, const TrainingReport& report,
                                     const TrainingOptions& options) {
  bundle::NewModel model{.bytes = {.model = std::as_bytes(std::span(trained.onnx))}};
  model.manifest.name = options.name;
  model.manifest.licence = options.licence;
  model.manifest.intended_use = options.intended_use;
  model.manifest.signature = trained.signature;
  ASSIGN_OR_RETURN(const data::Table learned, train::InputsOf(trained, rows.train.table));
  model.manifest.feature_schema = data::RenderFeatureSchema(data::DescribeFeatures(learned));
  model.manifest.lineage = LineageOf(report, options);
  const data::Table& source = rows.test.size() > 0 ? rows.test.table : rows.train.table;
  std::vector<uint32_t> first(std::min(source.rows, kExamples * kRowsOfExample));
  std::iota(first.begin(), first.end(), 0);
  ASSIGN_OR_RETURN(const data::Table inputs, train::InputsOf(trained, source.Select(first)));
  ASSIGN_OR_RETURN(model.examples, ExamplesOf(runner, trained, inputs));
  return bundle::PackModel(model, options.out);
}

}  // namespace slipway::pipeline
