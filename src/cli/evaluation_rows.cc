#include "cli/evaluation_rows.h"

#include <absl/strings/numbers.h>
#include <absl/strings/str_split.h>
#include <fmt/format.h>

#include <cmath>
#include <optional>

#include "cli/output.h"
#include "data/cleaning.h"
#include "data/split.h"
#include "evaluate/evaluation.h"

namespace slipway::cli {
namespace {

StatusOr<data::TableOptions> ReadTableOptions(const Arguments& arguments) {
  data::TableOptions options;
  options.skip_bad_rows = arguments.Flag("--skip-bad-rows");
  for (const std::string& text : arguments.Texts("--type")) {
    const size_t equals = text.rfind('=');
    if (equals == std::string::npos)
      return Error(Reason::kBadRequest, "--type: expected COLUMN=TYPE, got \"{}\"", text);
    const auto type = data::ColumnTypeOf(text.substr(equals + 1));
    if (!type.ok()) return Annotate(type.status(), "--type");
    options.types[text.substr(0, equals)] = *type;
  }
  return options;
}

std::optional<data::Task> ReadTask(const Arguments& arguments, const Signature& signature) {
  if (!arguments.Has("--task")) return evaluate::TaskOf(signature);
  return arguments.Text("--task") == "regression" ? data::Task::kRegression
                                                  : data::Task::kClassification;
}

StatusOr<std::vector<double>> ReadWeights(const data::Table& table, const std::string& name) {
  ASSIGN_OR_RETURN(const data::Column* const column, table.Get(name));
  if (!column->is_numeric())
    return Error(Reason::kBadRequest, "--weight: column \"{}\" holds no numbers", name);
  double sum = 0;
  for (size_t row = 0; row < table.rows; ++row) {
    if (!(column->numbers[row] >= 0 && std::isfinite(column->numbers[row])))
      return Error(Reason::kBadRequest, "--weight: column \"{}\", row {} is no weight", name,
                   row + 1);
    sum += column->numbers[row];
  }
  if (!(sum > 0)) return Error(Reason::kBadRequest, "--weight: column \"{}\" is all zeros", name);
  return column->numbers;
}

/// As a training with the same steps did before it split the rows.
Status Clean(const Arguments& arguments, data::Table& table) {
  ASSIGN_OR_RETURN(const uint64_t seed, ReadSeed(arguments));
  for (const std::string& text : arguments.Texts("--clean")) {
    const auto step = data::ParseCleaningStep(text);
    if (!step.ok()) return Annotate(step.status(), "--clean");
    if (step->training_only()) continue;
    RETURN_IF_ERROR(data::Clean(*step, arguments.Text("--target"), seed, table).status());
  }
  return OkStatus();
}

StatusOr<data::Target> ReadTarget(const Arguments& arguments, const data::Table& table,
                                  const Signature& signature) {
  ASSIGN_OR_RETURN(const data::Column* const column, table.Get(arguments.Text("--target")));
  const std::optional<data::Task> task = ReadTask(arguments, signature);
  return data::TargetOf(*column, task ? &*task : nullptr);
}

/// The rows that a training with the same seed and share left aside.
StatusOr<data::Table> TestRows(const Arguments& arguments, data::Table table,
                               const data::Target& target) {
  if (!arguments.Has("--test-share")) return table;
  ASSIGN_OR_RETURN(const double share, ReadShare(arguments, "--test-share", 0.2));
  data::SplitOptions options{.kind = data::SplitKind::kStratified, .target = &target};
  ASSIGN_OR_RETURN(options.seed, ReadSeed(arguments));
  ASSIGN_OR_RETURN(const data::Split split, data::SplitOnce(table.rows, share, options));
  return table.Select(split.test);
}

}  // namespace

std::vector<std::string> ReadList(const Arguments& arguments, std::string_view option) {
  std::vector<std::string> words;
  for (const std::string& text : arguments.Texts(option))
    for (const auto& word : absl::StrSplit(text, ',', absl::SkipWhitespace()))
      words.emplace_back(word);
  return words;
}

StatusOr<double> ReadShare(const Arguments& arguments, std::string_view option, double otherwise) {
  if (!arguments.Has(option)) return otherwise;
  double share;
  const std::string text = arguments.Text(option);
  if (absl::SimpleAtod(text, &share) && share > 0 && share < 1) return share;
  return Error(Reason::kBadRequest, "{}: expected a number between 0 and 1, got \"{}\"", option,
               text);
}

StatusOr<uint64_t> ReadSeed(const Arguments& arguments) {
  return ParseCount("--seed", arguments.Text("--seed", "0"), 0, INT64_MAX);
}

StatusOr<EvaluationRows> ReadEvaluationRows(const Arguments& arguments,
                                            const Signature& signature) {
  ASSIGN_OR_RETURN(const data::TableOptions options, ReadTableOptions(arguments));
  ASSIGN_OR_RETURN(data::TableFile file, data::ReadTable(arguments.Text("DATA"), options));
  EvaluationRows rows;
  rows.facts = std::move(file.facts);
  RETURN_IF_ERROR(Clean(arguments, file.table));
  ASSIGN_OR_RETURN(rows.target, ReadTarget(arguments, file.table, signature));
  ASSIGN_OR_RETURN(rows.all, TestRows(arguments, std::move(file.table), rows.target));
  ASSIGN_OR_RETURN(rows.target, ReadTarget(arguments, rows.all, signature));
  if (rows.target.task == data::Task::kClassification)
    RETURN_IF_ERROR(evaluate::AddModelLabels(signature, rows.target));
  std::vector<std::string> left_out = ReadList(arguments, "--drop");
  left_out.push_back(rows.target.name);
  if (const std::string weight = arguments.Text("--weight"); !weight.empty()) {
    ASSIGN_OR_RETURN(rows.weights, ReadWeights(rows.all, weight));
    left_out.push_back(weight);
  }
  for (const std::string& name : left_out) RETURN_IF_ERROR(rows.all.Get(name).status());
  rows.features = rows.all.Without(left_out);
  return rows;
}

std::vector<Option> EvaluationRowOptions() {
  return {
      {"DATA", "", "Rows with the true answers: .csv, .jsonl, .npz, also .gz and .zst.",
       /*required=*/true},
      {.name = "--target",
       .value_name = "COLUMN",
       .help = "The column that the model is to predict.",
       .required = true},
      {.name = "--task",
       .value_name = "TASK",
       .help = "What the model does; told from its outputs and the target unless said.",
       .words = {"classification", "regression"}},
      {.name = "--weight",
       .value_name = "COLUMN",
       .help = "A column of weights, which the model does not see."},
      {.name = "--drop",
       .value_name = "COLUMN,…",
       .help = "Columns that the model does not see.",
       .repeated = true},
      {.name = "--clean",
       .value_name = "STEP",
       .help =
           "As a training had it: drop-missing-target, drop-duplicates. Steps for rows to learn "
           "from alone have no effect here.",
       .repeated = true},
      {.name = "--test-share",
       .value_name = "SHARE",
       .help = "Judge by a stratified share of the rows, drawn by the seed; by all unless said."},
      {.name = "--seed",
       .value_name = "N",
       .help = "Of the split, the resamples and the shuffles; 0 unless said."},
      {.name = "--type",
       .value_name = "COLUMN=TYPE",
       .help = "Reads a column as number, integer, boolean, category, text or time.",
       .repeated = true},
      {.name = "--skip-bad-rows",
       .value_name = "",
       .help = "Counts rows that cannot be read instead of refusing the file."}};
}

}  // namespace slipway::cli
