#include "cli/evaluation_rows.h"

#include <absl/strings/str_split.h>
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>

#include "cli/output.h"
#include "cli/row_options.h"
#include "evaluate/evaluation.h"
#include "pipeline/row_choice.h"

namespace slipway::cli {
namespace {

constexpr std::string_view kOfTheLineage[] = {
    "--target", "--task", "--weights",       "--drop",      "--clean",  "--test-share",
    "--sample", "--type", "--skip-bad-rows", "--delimiter", "--missing"};

/// As the command line says.
StatusOr<pipeline::RowChoice> ReadChoice(const Arguments& arguments, const Signature& signature) {
  ASSIGN_OR_RETURN(pipeline::RowChoice choice, ReadRowOptions(arguments));
  if (choice.target.empty())
    return MakeError(Reason::kBadRequest,
                     "which column is to be predicted? Say --target COLUMN, or --held-out for a "
                     "bundle that slipway train made of this file");
  if (!choice.task) choice.task = evaluate::TaskOf(signature);
  choice.drop = ReadList(arguments, "--drop");
  choice.test_share = 0;
  if (arguments.Has("--test-share")) {
    ASSIGN_OR_RETURN(choice.test_share, ReadShare(arguments, "--test-share", 0.2));
  }
  return choice;
}

/// As the model's training had it.
StatusOr<pipeline::RowChoice> ReadChoice(const Arguments& arguments,
                                         const std::map<std::string, std::string>& lineage) {
  for (const std::string_view option : kOfTheLineage)
    if (arguments.Has(option))
      return Error(Reason::kBadRequest, "{}: --held-out takes it from the model's lineage", option);
  const auto found = lineage.find("rows");
  if (const auto tuned = lineage.find("tuned_sha256");
      found == lineage.end() && tuned != lineage.end())
    return Error(Reason::kBadRequest,
                 "--held-out: after its training the model was tuned by rows of another file "
                 "(SHA-256 {}): which rows it has not seen is not known. Say --target, and give "
                 "rows that are new to it",
                 tuned->second);
  if (found == lineage.end())
    return MakeError(Reason::kBadRequest,
                     "--held-out: the model has no lineage that tells its rows: it is no bundle of "
                     "slipway train. Say --target, --test-share and --seed");
  auto choice = pipeline::ReadRowChoice(found->second);
  if (!choice.ok()) return Annotate(choice.status(), "lineage \"rows\"");
  choice->max_memory_bytes = TableMemory();
  if (choice->test_share > 0) return choice;
  return MakeError(Reason::kBadRequest, "--held-out: the training held no rows out");
}

Status CheckFile(const data::TableFacts& facts, const std::map<std::string, std::string>& lineage) {
  const auto digest = lineage.find("data_sha256");
  if (digest != lineage.end() && digest->second == facts.sha256) return OkStatus();
  return Error(Reason::kBadRequest,
               "--held-out: {} is not the file that the model learned from: its SHA-256 is {}, "
               "expected {}",
               facts.path, facts.sha256, digest == lineage.end() ? "none" : digest->second);
}

StatusOr<EvaluationRows> ReadWhole(const std::string& path, const pipeline::RowChoice& choice,
                                   const pipeline::CheckFacts& is_right) {
  ASSIGN_OR_RETURN(data::TableFile file, pipeline::ReadFile(path, choice));
  if (is_right) RETURN_IF_ERROR(is_right(file.facts));
  ASSIGN_OR_RETURN(pipeline::ChosenRows chosen,
                   pipeline::ChooseRows(std::move(file), choice, pipeline::Purpose::kJudge));
  return EvaluationRows{.facts = std::move(chosen.facts),
                        .all = std::move(chosen.test_columns),
                        .features = std::move(chosen.test.table),
                        .target = std::move(chosen.test.target),
                        .weights = std::move(chosen.test.weights),
                        .parts = nullptr};
}

StatusOr<EvaluationRows> ReadParts(const std::string& path, const pipeline::RowChoice& choice,
                                   const pipeline::CheckFacts& is_right) {
  ASSIGN_OR_RETURN(auto parts, pipeline::RowParts::Open(path, choice, is_right));
  EvaluationRows rows{.facts = parts->facts(),
                      .all = parts->columns(),
                      .features = {},
                      .target = parts->rows().target,
                      .weights = parts->rows().weights,
                      .parts = nullptr};
  rows.parts = std::move(parts);
  return rows;
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
  return ParseShare(option, arguments.Text(option), Ends::kExcluded);
}

StatusOr<uint64_t> ReadSeed(const Arguments& arguments) {
  return ParseCount("--seed", arguments.Text("--seed", "0"), 0, INT64_MAX);
}

StatusOr<EvaluationRows> ReadEvaluationRows(const Arguments& arguments, const Signature& signature,
                                            const std::map<std::string, std::string>& lineage,
                                            bool whole) {
  const bool held_out = arguments.Flag("--held-out");
  ASSIGN_OR_RETURN(const pipeline::RowChoice choice,
                   held_out ? ReadChoice(arguments, lineage) : ReadChoice(arguments, signature));
  pipeline::CheckFacts is_right;
  if (held_out) is_right = [&](const data::TableFacts& facts) { return CheckFile(facts, lineage); };
  const bool in_parts = !whole && pipeline::RowParts::Suits(choice);
  const std::string path = arguments.Text("DATA");
  ASSIGN_OR_RETURN(EvaluationRows rows, in_parts ? ReadParts(path, choice, is_right)
                                                 : ReadWhole(path, choice, is_right));
  if (rows.target.task == data::Task::kClassification)
    RETURN_IF_ERROR(evaluate::AddModelLabels(signature, rows.target));
  return rows;
}

std::vector<Option> EvaluationRowOptions() {
  std::vector<Option> options = {
      {"DATA", "", "Rows with the true answers: .csv, .jsonl, .npz, also .gz and .zst; .parquet.",
       /*required=*/true},
      {.name = "--target",
       .value_name = "COLUMN",
       .help = "The column that the model is to predict."},
      {.name = "--held-out",
       .value_name = "",
       .help =
           "Judge by the rows that slipway train held out of this file: target, cleaning, types "
           "and split are taken from the bundle's lineage."},
      {.name = "--task",
       .value_name = "TASK",
       .help = "What the model does; told from its outputs and the target unless said.",
       .words = {"classification", "regression"}},
      {.name = "--weights",
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
      {.name = "--sample",
       .value_name = "N",
       .help =
           "Judge by N rows of the file, taken at random: for files that memory does not hold."},
      {.name = "--skip-bad-rows",
       .value_name = "",
       .help = "Counts rows that cannot be read instead of refusing the file."}};
  std::ranges::move(CellOptions(), std::back_inserter(options));
  return options;
}

}  // namespace slipway::cli
