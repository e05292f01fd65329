#include "evaluate/evaluation.h"

#include <absl/strings/numbers.h>
#include <absl/strings/str_split.h>
#include <fmt/format.h>

#include <algorithm>

#include "base/nearest_word.h"
#include "cli/any_model.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/server_target.h"
#include "data/split.h"
#include "data/table_file.h"
#include "evaluate/predictions.h"
#include "server/resources.h"

namespace slipway::cli {
namespace {

/// "a,b", given once or more often.
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

StatusOr<std::optional<data::Task>> ReadTask(const Arguments& arguments,
                                             const Signature& signature) {
  if (!arguments.Has("--task")) return evaluate::TaskOf(signature);
  return arguments.Text("--task") == "regression" ? data::Task::kRegression
                                                  : data::Task::kClassification;
}

/// Rows to judge a model by, apart into what it sees and what it is asked for.
struct Rows {
  data::TableFacts facts;
  data::Table features;
  data::Table slices;  // the columns to slice by
  data::Target target;
  std::vector<double> weights;  // empty: 1 each
};

StatusOr<std::vector<double>> ReadWeights(const data::Table& table, const std::string& name) {
  ASSIGN_OR_RETURN(const data::Column* const column, table.Get(name));
  for (size_t row = 0; row < table.rows; ++row)
    if (!column->is_numeric() || !(column->numbers[row] >= 0 && column->numbers[row] < 1e300))
      return Error(Reason::kBadRequest, "--weight: column \"{}\", row {} is no weight", name,
                   row + 1);
  return column->numbers;
}

/// The rows that a training with the same seed and share left aside.
StatusOr<data::Table> TestRows(const Arguments& arguments, data::Table table,
                               const data::Target& target) {
  if (!arguments.Has("--test-share")) return table;
  ASSIGN_OR_RETURN(const double share, ReadShare(arguments, "--test-share", 0.2));
  data::SplitOptions options{.kind = data::SplitKind::kStratified, .target = &target};
  ASSIGN_OR_RETURN(options.seed, ParseCount("--seed", arguments.Text("--seed", "0"), 0, INT64_MAX));
  ASSIGN_OR_RETURN(const data::Split split, data::SplitOnce(table.rows, share, options));
  return table.Select(split.test);
}

StatusOr<Rows> ReadRows(const Arguments& arguments, const Signature& signature) {
  ASSIGN_OR_RETURN(const data::TableOptions options, ReadTableOptions(arguments));
  ASSIGN_OR_RETURN(data::TableFile file, data::ReadTable(arguments.Text("DATA"), options));
  const std::string target_name = arguments.Text("--target");
  ASSIGN_OR_RETURN(const std::optional<data::Task> task, ReadTask(arguments, signature));
  Rows rows;
  rows.facts = std::move(file.facts);
  const auto target_of = [&](const data::Table& table) -> StatusOr<data::Target> {
    ASSIGN_OR_RETURN(const data::Column* const column, table.Get(target_name));
    return data::TargetOf(*column, task ? &*task : nullptr);
  };
  ASSIGN_OR_RETURN(rows.target, target_of(file.table));
  ASSIGN_OR_RETURN(const data::Table table,
                   TestRows(arguments, std::move(file.table), rows.target));
  ASSIGN_OR_RETURN(rows.target, target_of(table));
  if (rows.target.task == data::Task::kClassification)
    RETURN_IF_ERROR(evaluate::AddModelLabels(signature, rows.target));
  std::vector<std::string> left_out = ReadList(arguments, "--drop");
  left_out.push_back(target_name);
  if (const std::string weight = arguments.Text("--weight"); !weight.empty()) {
    ASSIGN_OR_RETURN(rows.weights, ReadWeights(table, weight));
    left_out.push_back(weight);
  }
  for (const std::string& name : left_out) RETURN_IF_ERROR(table.Get(name).status());
  rows.features = table.Without(left_out);
  return rows;
}

StatusOr<int32_t> ReadPositive(const Arguments& arguments, const data::Target& target) {
  if (!arguments.Has("--positive")) return 1;
  const std::string label = arguments.Text("--positive");
  const auto found = std::find(target.labels.begin(), target.labels.end(), label);
  if (found != target.labels.end()) return static_cast<int32_t>(found - target.labels.begin());
  const std::vector<std::string_view> labels(target.labels.begin(), target.labels.end());
  return Error(Reason::kBadRequest, "--positive: there is no class \"{}\"{}", label,
               DidYouMean(label, labels));
}

StatusOr<evaluate::Report> Evaluate(const Arguments& arguments) {
  const int processors = server::DetectResources().processors;
  Progress progress("Evaluating " + arguments.Text("MODEL|URL"));
  ASSIGN_OR_RETURN(const AnyModel model,
                   OpenAnyModel(arguments.Text("MODEL|URL"), arguments, processors));
  ASSIGN_OR_RETURN(const Rows rows, ReadRows(arguments, model.runner->signature()));
  evaluate::EvaluateOptions options;
  for (const std::string& name : ReadList(arguments, "--metrics")) {
    ASSIGN_OR_RETURN(options.metrics.emplace_back(), evaluate::FindMetric(name, rows.target));
  }
  Team team(processors);
  options.bootstrap.team = &team;
  options.weights = rows.weights;
  ASSIGN_OR_RETURN(const int64_t resamples,
                   ParseCount("--resamples", arguments.Text("--resamples", "1000"), 0, 100'000));
  options.bootstrap.resamples = static_cast<int>(resamples);
  ASSIGN_OR_RETURN(options.bootstrap.confidence, ReadShare(arguments, "--confidence", 0.95));
  ASSIGN_OR_RETURN(options.bootstrap.seed,
                   ParseCount("--seed", arguments.Text("--seed", "0"), 0, INT64_MAX));
  ASSIGN_OR_RETURN(const int32_t positive, ReadPositive(arguments, rows.target));
  ASSIGN_OR_RETURN(const evaluate::Predictions predictions,
                   evaluate::Predict(*model.runner, rows.features, rows.target));
  return evaluate::Evaluate({rows.target, predictions, positive},
                            {.model = model.name,
                             .digest = model.digest(),
                             .data = rows.facts.path,
                             .data_digest = "sha256:" + rows.facts.sha256,
                             .data_rows = rows.facts.rows,
                             .skipped_rows = rows.facts.skipped},
                            options);
}

int RunEvaluate(const Arguments& arguments) {
  const auto report = Evaluate(arguments);
  if (!report.ok()) return Fail("evaluate", report.status());
  const Status written =
      WriteResult("", arguments.Flag("--json") ? ToJson(*report) : ToText(*report));
  return written.ok() ? kDone : Fail("evaluate", written);
}

std::vector<Option> EvaluateOptionTable() {
  std::vector<Option> options = {
      {"MODEL|URL", "",
       "A model (file, bundle), or http://HOST:PORT/v2/models/NAME; https://, grpc://, grpcs:// "
       "too.",
       /*required=*/true},
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
      {.name = "--metrics",
       .value_name = "NAME,…",
       .help = "Only these, as accuracy,recall(yes),roc_auc (docs/evaluation.md).",
       .repeated = true},
      {.name = "--positive",
       .value_name = "CLASS",
       .help = "Of two classes the one that is looked for; the second unless said."},
      {.name = "--weight",
       .value_name = "COLUMN",
       .help = "A column of weights, which the model does not see."},
      {.name = "--drop",
       .value_name = "COLUMN,…",
       .help = "Columns that the model does not see.",
       .repeated = true},
      {.name = "--test-share",
       .value_name = "SHARE",
       .help = "Judge by the rows that `slipway train` with the same share and seed left aside; "
               "all rows unless said."},
      {.name = "--seed",
       .value_name = "N",
       .help = "Of the split, the resamples and the shuffles; 0 unless said."},
      {.name = "--resamples",
       .value_name = "N",
       .help = "Of the rows, for the intervals; 1000 unless said, fewer of very many rows."},
      {.name = "--confidence",
       .value_name = "SHARE",
       .help = "Of the intervals; 0.95 unless said."},
      {.name = "--type",
       .value_name = "COLUMN=TYPE",
       .help = "Reads a column as number, integer, boolean, category, text or time.",
       .repeated = true},
      {.name = "--skip-bad-rows",
       .value_name = "",
       .help = "Counts rows that cannot be read instead of refusing the file."},
      JsonOption()};
  for (Option& option : TargetOptions()) options.push_back(std::move(option));
  return options;
}

}  // namespace

Command EvaluateCommand() {
  return {"evaluate", "Measures how good a model is, with intervals, slices and a gate.",
          "slipway evaluate model.onnx rows.csv --target label", EvaluateOptionTable(),
          RunEvaluate};
}

}  // namespace slipway::cli
