#include "pipeline/row_choice.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>

#include "text/json_fields.h"
#include "text/json_writer.h"

namespace slipway::pipeline {
namespace {

constexpr size_t kMaxNames = 1'000'000;
constexpr std::string_view kClassification = "classification", kRegression = "regression";

/// Columns by what names them: a name that is no option's is "".
std::vector<std::pair<std::string_view, std::string_view>> NamedColumns(const RowChoice& choice) {
  std::vector<std::pair<std::string_view, std::string_view>> named = {{"--target", choice.target}};
  for (const auto& [option, name] : {std::pair("--weights", &choice.weights),
                                     {"--group", &choice.group},
                                     {"--time", &choice.time}})
    if (!name->empty()) named.emplace_back(option, *name);
  for (const std::string& name : choice.drop) named.emplace_back("--drop", name);
  return named;
}

Status Clean(const RowChoice& choice, DividedRows& rows, data::Table& table) {
  for (const data::CleaningStep& step : choice.clean) {
    if (step.training_only()) continue;
    ASSIGN_OR_RETURN(const std::vector<uint32_t> kept,
                     data::KeptRows(step, choice.target, table.Without(choice.drop)));
    rows.cleaned.push_back(data::DescribeKept(step, kept.size(), table.rows));
    table = table.Select(kept);
  }
  return OkStatus();
}

std::optional<data::Column> CopyOf(const data::Table& table, const std::string& name) {
  const data::Column* const column = table.Find(name);
  return column == nullptr ? std::nullopt : std::optional(*column);
}

Status NameColumn(const std::string& name, const Status& status) {
  return Annotate(status, fmt::format("column \"{}\"", name));
}

Status NameWeights(const Status& status) { return Annotate(status, "--weights"); }

/// Target, weights, groups and times; the table still has every column.
StatusOr<train::Dataset> RolesOf(data::Table table, const RowChoice& choice) {
  ASSIGN_OR_RETURN(const data::Column* const column, table.Get(choice.target));
  train::Dataset rows{.table = {},
                      .target = {},
                      .weights = {},
                      .group = CopyOf(table, choice.group),
                      .time = CopyOf(table, choice.time)};
  ASSIGN_OR_RETURN(rows.target,
                   data::TargetOf(*column, choice.task ? &*choice.task : nullptr, table.numbers));
  auto weights = WeightsOf(table, choice.weights);
  if (!weights.ok()) return NameWeights(weights.status());
  rows.weights = *std::move(weights);
  rows.table = std::move(table);
  RETURN_IF_ERROR(data::CheckRoles(rows.size(), rows.Splitting(choice.seed)));
  return rows;
}

StatusOr<data::Split> Split(const train::Dataset& rows, const RowChoice& choice, Purpose purpose) {
  data::Split split;
  if (choice.test_share > 0) {
    ASSIGN_OR_RETURN(split,
                     data::SplitOnce(rows.size(), choice.test_share, rows.Splitting(choice.seed)));
    if (purpose == Purpose::kJudge) split.train.clear();
  } else {
    std::vector<uint32_t>& all = purpose == Purpose::kLearn ? split.train : split.test;
    all.resize(rows.size());
    std::iota(all.begin(), all.end(), 0);
  }
  return split;
}

/// @param part  for messages: "rows held out".
Status CheckPart(const train::Dataset& rows, std::string_view part, const RowChoice& choice) {
  if (rows.size() == 0) return OkStatus();
  const Status checked = train::CheckWeights(rows.weights, rows.table.numbers);
  return checked.ok() ? OkStatus()
                      : NameWeights(NameColumn(choice.weights, Annotate(checked, part)));
}

void WriteNames(JsonWriter& json, std::string_view key, const std::vector<std::string>& names) {
  if (names.empty()) return;
  json.Key(key).BeginArray();
  for (const std::string& name : names) json.String(name);
  json.EndArray();
}

Status ReadNames(JsonReader& reader, std::vector<std::string>& names) {
  return ReadArray(reader, kMaxNames, [&] { return reader.ReadString(&names.emplace_back()); });
}

Status ReadTask(JsonReader& reader, std::optional<data::Task>& task) {
  std::string word;
  RETURN_IF_ERROR(reader.ReadString(&word));
  if (word != kClassification && word != kRegression)
    return Error(Reason::kBadRequest, "task: expected {} or {}, got \"{}\"", kClassification,
                 kRegression, word);
  task = word == kRegression ? data::Task::kRegression : data::Task::kClassification;
  return OkStatus();
}

Status ReadDelimiter(JsonReader& reader, char& delimiter) {
  std::string text;
  RETURN_IF_ERROR(reader.ReadString(&text));
  if (text.size() != 1)
    return Error(Reason::kBadRequest, "delimiter: expected one character, got \"{}\"", text);
  delimiter = text.front();
  return OkStatus();
}

Status ReadTypes(JsonReader& reader, std::map<std::string, data::ColumnType>& types) {
  return ReadObject(reader, [&](std::string_view column) -> StatusOr<bool> {
    std::string word;
    RETURN_IF_ERROR(reader.ReadString(&word));
    ASSIGN_OR_RETURN(types[std::string(column)], data::ColumnTypeOf(word));
    return true;
  });
}

}  // namespace

StatusOr<std::vector<double>> WeightsOf(const data::Table& table, const std::string& name) {
  if (name.empty()) return std::vector<double>();
  ASSIGN_OR_RETURN(const data::Column* const column, table.Get(name));
  const Status checked = column->is_numeric()
                             ? train::CheckWeights(column->numbers, table.numbers)
                             : Error(Reason::kBadRequest, "is of type {}, expected numbers",
                                     data::NameOf(column->type));
  if (!checked.ok()) return NameColumn(name, checked);
  return column->numbers;
}

std::string ToJson(const RowChoice& choice) {
  std::string text;
  JsonWriter json(text);
  json.BeginObject().Key("target").String(choice.target);
  if (choice.task)
    json.Key("task").String(*choice.task == data::Task::kRegression ? kRegression
                                                                    : kClassification);
  if (!choice.types.empty()) {
    json.Key("types").BeginObject();
    for (const auto& [column, type] : choice.types) json.Key(column).String(data::NameOf(type));
    json.EndObject();
  }
  if (choice.delimiter != 0) json.Key("delimiter").String({&choice.delimiter, 1});
  WriteNames(json, "missing", choice.missing);
  std::vector<std::string> steps;
  for (const data::CleaningStep& step : choice.clean) steps.push_back(step.text());
  WriteNames(json, "drop", choice.drop);
  WriteNames(json, "clean", steps);
  if (!choice.weights.empty()) json.Key("weights").String(choice.weights);
  if (!choice.group.empty()) json.Key("group").String(choice.group);
  if (!choice.time.empty()) json.Key("time").String(choice.time);
  if (choice.skip_bad_rows) json.Key("skip_bad_rows").Bool(true);
  if (choice.sample != SIZE_MAX) json.Key("sample").Uint(choice.sample);
  json.Key("test_share").Double(choice.test_share).Key("seed").Uint(choice.seed).EndObject();
  return text;
}

StatusOr<RowChoice> ReadRowChoice(std::string_view text) {
  RowChoice choice;
  JsonReader reader(text);
  RETURN_IF_ERROR(ReadObject(reader, [&](std::string_view key) -> StatusOr<bool> {
    if (key == "target") return Consumed(reader.ReadString(&choice.target));
    if (key == "task") return Consumed(ReadTask(reader, choice.task));
    if (key == "types") return Consumed(ReadTypes(reader, choice.types));
    if (key == "delimiter") return Consumed(ReadDelimiter(reader, choice.delimiter));
    if (key == "missing") return Consumed(ReadNames(reader, choice.missing));
    if (key == "drop") return Consumed(ReadNames(reader, choice.drop));
    if (key == "clean") {
      std::vector<std::string> steps;
      RETURN_IF_ERROR(ReadNames(reader, steps));
      for (const std::string& step : steps) {
        ASSIGN_OR_RETURN(choice.clean.emplace_back(), data::ParseCleaningStep(step));
      }
      return true;
    }
    if (key == "weights") return Consumed(reader.ReadString(&choice.weights));
    if (key == "group") return Consumed(reader.ReadString(&choice.group));
    if (key == "time") return Consumed(reader.ReadString(&choice.time));
    if (key == "skip_bad_rows") return Consumed(reader.ReadBool(&choice.skip_bad_rows));
    if (key == "sample") return Consumed(reader.ReadUint64(&choice.sample));
    if (key == "test_share") return Consumed(reader.ReadDouble(&choice.test_share));
    if (key == "seed") return Consumed(reader.ReadUint64(&choice.seed));
    return false;
  }));
  RETURN_IF_ERROR(reader.End());
  if (choice.target.empty() || !(choice.test_share >= 0 && choice.test_share < 1))
    return Error(Reason::kBadRequest, "expected a target, and a test_share of 0 to 1");
  return choice;
}

std::vector<std::string> UnseenColumns(const RowChoice& choice) {
  std::vector<std::string> columns;
  for (const auto& [option, name] : NamedColumns(choice)) columns.emplace_back(name);
  return columns;
}

Status CheckColumns(const data::Table& table, const RowChoice& choice) {
  std::map<std::string_view, std::string_view> options;
  for (const auto& [option, name] : NamedColumns(choice)) {
    const auto found = table.Get(name);
    if (!found.ok()) return Annotate(found.status(), option);
    const auto [before, is_new] = options.emplace(name, option);
    if (!is_new && before->second != option)
      return Error(Reason::kBadRequest, "column \"{}\" is named by {} and {}: expected one of them",
                   name, before->second, option);
  }
  return OkStatus();
}

data::TableOptions OptionsOf(const RowChoice& choice) {
  data::TableOptions options{.types = choice.types,
                             .delimiter = choice.delimiter,
                             .skip_bad_rows = choice.skip_bad_rows,
                             .max_rows = choice.sample,
                             .seed = choice.seed,
                             .max_memory_bytes = choice.max_memory_bytes};
  if (!choice.missing.empty()) options.missing = choice.missing;
  return options;
}

StatusOr<data::TableFile> ReadFile(const std::string& path, const RowChoice& choice) {
  return data::ReadTable(path, OptionsOf(choice));
}

StatusOr<DividedRows> DivideRows(data::TableFile file, const RowChoice& choice, Purpose purpose) {
  DividedRows rows;
  rows.facts = std::move(file.facts);
  RETURN_IF_ERROR(CheckColumns(file.table, choice));
  RETURN_IF_ERROR(Clean(choice, rows, file.table));
  auto all = RolesOf(std::move(file.table), choice);
  if (!all.ok()) return Annotate(all.status(), rows.facts.path);
  rows.all = *std::move(all);
  ASSIGN_OR_RETURN(rows.split, Split(rows.all, choice, purpose));
  return rows;
}

StatusOr<ChosenRows> ChooseRows(data::TableFile file, const RowChoice& choice, Purpose purpose) {
  ASSIGN_OR_RETURN(DividedRows divided, DivideRows(std::move(file), choice, purpose));
  train::Dataset& all = divided.all;
  const data::Split& split = divided.split;
  ChosenRows rows{.facts = std::move(divided.facts),
                  .train = {},
                  .test = {},
                  .test_columns = {},
                  .kind = all.Splitting(choice.seed).kind,
                  .cleaned = std::move(divided.cleaned)};
  rows.test_columns = all.table.Select(split.test);
  const std::vector<std::string> unseen = UnseenColumns(choice);
  std::erase_if(all.table.columns, [&](const data::Column& column) {
    return std::ranges::find(unseen, column.name) != unseen.end();
  });
  if (purpose == Purpose::kLearn) RETURN_IF_ERROR(train::CheckFinite(all.table));
  rows.train = all.Select(split.train);
  rows.test = all.Select(split.test);
  RETURN_IF_ERROR(CheckPart(rows.train, "rows to learn from", choice));
  RETURN_IF_ERROR(CheckPart(rows.test, "rows held out", choice));
  return rows;
}

}  // namespace slipway::pipeline
