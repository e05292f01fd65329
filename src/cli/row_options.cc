#include "cli/row_options.h"

#include <algorithm>

#include "cli/output.h"
#include "server/resources.h"

namespace slipway::cli {
namespace {

/// COLUMN=TYPE; a column's name may hold '='.
Status ReadType(const std::string& text, pipeline::RowChoice& choice) {
  const size_t equals = text.rfind('=');
  if (equals == std::string::npos || equals == 0)
    return Error(Reason::kBadRequest, "--type: expected COLUMN=TYPE, got \"{}\"", text);
  const auto type = data::ColumnTypeOf(text.substr(equals + 1));
  if (!type.ok()) return Annotate(type.status(), "--type");
  choice.types[text.substr(0, equals)] = *type;
  return OkStatus();
}

StatusOr<char> ReadDelimiter(const std::string& text) {
  if (text == "tab") return '\t';
  const bool is_printed = text.size() == 1 && text.front() >= ' ' && text.front() < '\x7f';
  if (text == "\t" || (is_printed && text != "\"")) return text.front();
  return Error(Reason::kBadRequest,
               "--delimiter: expected one character of ASCII but the quote, or tab, got \"{}\"",
               text);
}

}  // namespace

std::vector<Option> CellOptions() {
  return {
      {.name = "--delimiter",
       .value_name = "C",
       .help = "What stands between the cells of CSV, one character or tab; told from the first "
               "lines unless said."},
      {.name = "--missing",
       .value_name = "WORD",
       .help = "A word that stands for a missing value, as -999: instead of NA, null and the "
               "like (docs/formats/data-files.md). Empty cells always do.",
       .repeated = true}};
}

size_t TableMemory() { return server::DetectResources().memory_bytes / 4; }

StatusOr<pipeline::RowChoice> ReadRowOptions(const Arguments& arguments) {
  pipeline::RowChoice choice;
  choice.max_memory_bytes = TableMemory();
  choice.target = arguments.Text("--target");
  choice.weights = arguments.Text("--weights");
  choice.group = arguments.Text("--group");
  choice.time = arguments.Text("--time");
  choice.skip_bad_rows = arguments.Flag("--skip-bad-rows");
  if (arguments.Has("--delimiter")) {
    ASSIGN_OR_RETURN(choice.delimiter, ReadDelimiter(arguments.Text("--delimiter")));
  }
  choice.missing = arguments.Texts("--missing");
  if (std::ranges::count(choice.missing, "") > 0)
    return MakeError(Reason::kBadRequest, "--missing: expected a word, got \"\"");
  for (const std::string& text : arguments.Texts("--type")) RETURN_IF_ERROR(ReadType(text, choice));
  for (const std::string& text : arguments.Texts("--clean")) {
    const auto step = data::ParseCleaningStep(text);
    if (!step.ok()) return Annotate(step.status(), "--clean");
    choice.clean.push_back(*step);
  }
  if (const std::string task = arguments.Text("--task"); !task.empty())
    choice.task = task == "regression" ? data::Task::kRegression : data::Task::kClassification;
  if (arguments.Has("--sample")) {
    ASSIGN_OR_RETURN(choice.sample,
                     ParseCount("--sample", arguments.Text("--sample"), 1, INT64_MAX));
  }
  ASSIGN_OR_RETURN(choice.seed, ParseCount("--seed", arguments.Text("--seed", "0"), 0, INT64_MAX));
  return choice;
}

}  // namespace slipway::cli
