#include "pipeline/row_choice.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "text/json_fields.h"
#include "text/json_writer.h"

namespace slipway::pipeline {
namespace {

constexpr size_t kMaxNames = 1'000'000;
constexpr std::string_view kClassification = "classification", kRegression = "regression";

Status CheckWeights(const data::Column& weights) {
  if (!weights.is_numeric())
    return Error(Reason::kBadRequest, "--weights: column \"{}\" is of type {}, expected numbers",
                 weights.name, data::NameOf(weights.type));
  for (size_t row = 0; row < weights.numbers.size(); ++row)
    if (!(weights.numbers[row] >= 0) || std::isinf(weights.numbers[row]))
      return Error(Reason::kBadRequest,
                   "--weights: column \"{}\": row {}: expected a finite number, 0 or more, got {}",
                   weights.name, row + 1,
                   weights.IsMissing(row) ? "nothing" : fmt::format("{}", weights.numbers[row]));
  return OkStatus();
}

Status CheckFinite(const data::Table& table, const std::vector<std::string>& dropped) {
  for (const data::Column& column : table.columns) {
    const auto infinite =
        std::ranges::find_if(column.numbers, [](double value) { return std::isinf(value); });
    if (infinite == column.numbers.end() ||
        std::ranges::find(dropped, column.name) != dropped.end())
      continue;
    return Error(Reason::kBadRequest,
                 "column \"{}\": row {} holds an infinite number: correct it, leave it empty, or "
                 "drop the column",
                 column.name, infinite - column.numbers.begin() + 1);
  }
  return OkStatus();
}

Status CheckColumns(const data::Table& table, const RowChoice& choice) {
  const std::pair<std::string_view, const std::string*> roles[] = {{"--target", &choice.target},
                                                                   {"--weights", &choice.weights},
                                                                   {"--group", &choice.group},
                                                                   {"--time", &choice.time}};
  for (const auto& [option, name] : roles) {
    if (name->empty() && option != "--target") continue;
    const auto found = table.Get(*name);
    if (!found.ok()) return Annotate(found.status(), option);
    if (option == "--weights") RETURN_IF_ERROR(CheckWeights(**found));
  }
  for (const std::string& name : choice.drop) {
    const auto found = table.Get(name);
    if (!found.ok()) return Annotate(found.status(), "--drop");
  }
  return OkStatus();
}

Status Clean(const RowChoice& choice, ChosenRows& rows) {
  for (const data::CleaningStep& step : choice.clean) {
    if (step.training_only()) continue;
    ASSIGN_OR_RETURN(const std::vector<uint32_t> kept,
                     data::KeptRows(step, choice.target, rows.table.Without(choice.drop)));
    rows.cleaned.push_back(data::DescribeKept(step, kept.size(), rows.table.rows));
    rows.table = rows.table.Select(kept);
  }
  return OkStatus();
}

Status Split(const RowChoice& choice, ChosenRows& rows) {
  const data::SplitOptions options{.kind = !choice.group.empty()  ? data::SplitKind::kGrouped
                                           : !choice.time.empty() ? data::SplitKind::kTime
                                                                  : data::SplitKind::kStratified,
                                   .seed = choice.seed,
                                   .target = &rows.target,
                                   .group = rows.table.Find(choice.group),
                                   .time = rows.table.Find(choice.time)};
  rows.kind = options.kind;
  if (choice.test_share > 0) {
    ASSIGN_OR_RETURN(rows.split, data::SplitOnce(rows.table.rows, choice.test_share, options));
    return OkStatus();
  }
  rows.split.train.resize(rows.table.rows);
  std::iota(rows.split.train.begin(), rows.split.train.end(), 0);
  return OkStatus();
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

Status ReadTypes(JsonReader& reader, std::map<std::string, data::ColumnType>& types) {
  return ReadObject(reader, [&](std::string_view column) -> StatusOr<bool> {
    std::string word;
    RETURN_IF_ERROR(reader.ReadString(&word));
    ASSIGN_OR_RETURN(types[std::string(column)], data::ColumnTypeOf(word));
    return true;
  });
}

}  // namespace

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

StatusOr<data::TableFile> ReadFile(const std::string& path, const RowChoice& choice) {
  return data::ReadTable(path, {.types = choice.types,
                                .skip_bad_rows = choice.skip_bad_rows,
                                .max_rows = choice.sample,
                                .seed = choice.seed});
}

StatusOr<ChosenRows> ChooseRows(data::TableFile file, const RowChoice& choice, bool to_learn) {
  ChosenRows rows{.facts = std::move(file.facts), .table = std::move(file.table)};
  RETURN_IF_ERROR(CheckColumns(rows.table, choice));
  if (to_learn) RETURN_IF_ERROR(CheckFinite(rows.table, choice.drop));
  RETURN_IF_ERROR(Clean(choice, rows));
  ASSIGN_OR_RETURN(const data::Column* const column, rows.table.Get(choice.target));
  auto target = data::TargetOf(*column, choice.task ? &*choice.task : nullptr);
  if (!target.ok()) return Annotate(target.status(), rows.facts.path);
  rows.target = *std::move(target);
  RETURN_IF_ERROR(Split(choice, rows));
  return rows;
}

}  // namespace slipway::pipeline
