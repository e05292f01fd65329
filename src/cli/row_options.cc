#include "cli/row_options.h"

#include "cli/output.h"

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

}  // namespace

StatusOr<pipeline::RowChoice> ReadRowOptions(const Arguments& arguments) {
  pipeline::RowChoice choice;
  choice.target = arguments.Text("--target");
  choice.weights = arguments.Text("--weights");
  choice.group = arguments.Text("--group");
  choice.time = arguments.Text("--time");
  choice.skip_bad_rows = arguments.Flag("--skip-bad-rows");
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
