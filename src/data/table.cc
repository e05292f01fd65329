#include "data/table.h"

#include <absl/strings/numbers.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "base/nearest_word.h"

namespace slipway::data {
namespace {

constexpr std::array<std::string_view, 6> kTypeNames = {"number",   "integer", "boolean",
                                                        "category", "text",    "time"};
/// Whole numbers of more values are amounts, not classes.
constexpr size_t kMaxInferredClasses = 20;

template <typename T>
std::vector<T> Taken(const std::vector<T>& values, std::span<const uint32_t> rows) {
  std::vector<T> taken;
  if (values.empty()) return taken;
  taken.reserve(rows.size());
  for (const uint32_t row : rows) taken.push_back(values[row]);
  return taken;
}

Status CheckComplete(const Column& column, size_t rows, std::span<const uint64_t> numbers) {
  for (size_t row = 0; row < rows; ++row)
    if (column.IsMissing(row) || (column.is_numeric() && !std::isfinite(column.numbers[row])))
      return Error(
          Reason::kBadRequest,
          "target column \"{}\": row {} has no value: drop the rows without one or fill them in",
          column.name, NumberOfRow(numbers, row));
  return OkStatus();
}

bool IsWhole(double value) { return value == std::floor(value) && std::abs(value) <= 0x1p53; }

/// The different values of a numeric column, sorted; nullopt once there are more than `limit`.
std::vector<double> DistinctNumbers(const Column& column, size_t limit) {
  std::vector<double> distinct;
  for (const double value : column.numbers) {
    const auto at = std::lower_bound(distinct.begin(), distinct.end(), value);
    if (at != distinct.end() && *at == value) continue;
    distinct.insert(at, value);
    if (distinct.size() > limit) break;
  }
  return distinct;
}

Task InferTask(const Column& column) {
  switch (column.type) {
    case ColumnType::kCategory:
    case ColumnType::kBoolean:
    case ColumnType::kText:
      return Task::kClassification;
    case ColumnType::kTime:
      return Task::kRegression;
    case ColumnType::kInteger:
    case ColumnType::kNumber:
      break;
  }
  if (!std::all_of(column.numbers.begin(), column.numbers.end(), IsWhole)) return Task::kRegression;
  return DistinctNumbers(column, kMaxInferredClasses).size() <= kMaxInferredClasses
             ? Task::kClassification
             : Task::kRegression;
}

void NumberClasses(const Column& column, size_t limit, Target& target) {
  const std::vector<double> distinct = DistinctNumbers(column, limit);
  for (const double value : distinct)
    target.labels.push_back(fmt::format("{}", static_cast<int64_t>(value)));
  target.integer_labels = true;
  if (distinct.size() > limit) return;
  for (const double value : column.numbers)
    target.classes.push_back(static_cast<int32_t>(
        std::lower_bound(distinct.begin(), distinct.end(), value) - distinct.begin()));
}

/// Labels that no row has are left out.
void CategoryClasses(const Column& column, Target& target) {
  std::vector<int32_t> places(column.categories.size(), -1);
  for (const int32_t code : column.codes) places[code] = 0;
  for (size_t code = 0; code < places.size(); ++code) {
    if (places[code] < 0) continue;
    places[code] = static_cast<int32_t>(target.labels.size());
    target.labels.push_back(column.categories[code]);
  }
  for (const int32_t code : column.codes) target.classes.push_back(places[code]);
}

void TextClasses(const Column& column, Target& target) {
  target.labels = column.texts;
  std::sort(target.labels.begin(), target.labels.end());
  target.labels.erase(std::unique(target.labels.begin(), target.labels.end()), target.labels.end());
  for (const std::string& text : column.texts)
    target.classes.push_back(
        static_cast<int32_t>(std::lower_bound(target.labels.begin(), target.labels.end(), text) -
                             target.labels.begin()));
}

}  // namespace

std::string_view NameOf(ColumnType type) { return kTypeNames[static_cast<size_t>(type)]; }

StatusOr<ColumnType> ColumnTypeOf(std::string_view word) {
  const auto found = std::find(kTypeNames.begin(), kTypeNames.end(), word);
  if (found != kTypeNames.end()) return static_cast<ColumnType>(found - kTypeNames.begin());
  return Error(Reason::kBadRequest, "expected a type of column ({}), got \"{}\"{}",
               fmt::join(kTypeNames, ", "), word, DidYouMean(word, kTypeNames));
}

bool Column::IsMissing(size_t row) const {
  if (type == ColumnType::kCategory) return codes[row] < 0;
  if (type == ColumnType::kText) return texts[row].empty();
  return std::isnan(numbers[row]);
}

uint64_t NumberOfRow(std::span<const uint64_t> numbers, size_t row) {
  return numbers.empty() ? row + 1 : numbers[row];
}

const Column* Table::Find(std::string_view name) const {
  for (const Column& column : columns)
    if (column.name == name) return &column;
  return nullptr;
}

StatusOr<const Column*> Table::Get(std::string_view name) const {
  if (const Column* const column = Find(name)) return column;
  std::vector<std::string_view> names;
  for (const Column& column : columns) names.push_back(column.name);
  return Error(Reason::kBadRequest, "there is no column \"{}\"{}", name, DidYouMean(name, names));
}

Column Column::Select(std::span<const uint32_t> rows) const {
  return {name, type, Taken(numbers, rows), Taken(codes, rows), categories, Taken(texts, rows)};
}

Target Target::Select(std::span<const uint32_t> rows) const {
  return {task, name, Taken(values, rows), Taken(classes, rows), labels, integer_labels};
}

void Table::Append(const Table& more) {
  const auto append = [](const auto& from, auto& to) {
    to.insert(to.end(), from.begin(), from.end());
  };
  for (size_t i = 0; i < columns.size(); ++i) {
    append(more.columns[i].numbers, columns[i].numbers);
    append(more.columns[i].codes, columns[i].codes);
    append(more.columns[i].texts, columns[i].texts);
  }
  for (size_t row = numbers.size(); row < rows; ++row) numbers.push_back(row + 1);
  for (size_t row = 0; row < more.rows; ++row) numbers.push_back(NumberOfRow(more.numbers, row));
  rows += more.rows;
}

Table Table::Select(std::span<const uint32_t> selected) const {
  Table table;
  table.rows = selected.size();
  for (const Column& column : columns) table.columns.push_back(column.Select(selected));
  table.numbers.reserve(selected.size());
  for (const uint32_t row : selected) table.numbers.push_back(NumberOfRow(numbers, row));
  return table;
}

Table Table::Without(std::span<const std::string> names) const {
  Table table;
  table.rows = rows;
  table.numbers = numbers;
  for (const Column& column : columns)
    if (std::find(names.begin(), names.end(), column.name) == names.end())
      table.columns.push_back(column);
  return table;
}

StatusOr<Target> TargetOf(const Column& column, const Task* task,
                          std::span<const uint64_t> numbers) {
  const size_t rows = std::max({column.numbers.size(), column.codes.size(), column.texts.size()});
  RETURN_IF_ERROR(CheckComplete(column, rows, numbers));
  Target target;
  target.name = column.name;
  target.task = task != nullptr ? *task : InferTask(column);
  if (target.task == Task::kRegression) {
    if (!column.is_numeric())
      return Error(Reason::kBadRequest,
                   "target column \"{}\" is of type {}: regression wants numbers", column.name,
                   NameOf(column.type));
    target.values = column.numbers;
    return target;
  }
  const size_t most = std::max<size_t>(2, rows / 2);
  if (column.type == ColumnType::kCategory) {
    CategoryClasses(column, target);
  } else if (column.type == ColumnType::kText) {
    TextClasses(column, target);
  } else if (std::all_of(column.numbers.begin(), column.numbers.end(), IsWhole)) {
    NumberClasses(column, most, target);
  } else {
    return Error(
        Reason::kBadRequest,
        "target column \"{}\" holds fractions: classification wants words or whole numbers",
        column.name);
  }
  if (target.labels.size() < 2)
    return Error(Reason::kBadRequest, "target column \"{}\" holds one class only{}", column.name,
                 target.labels.empty() ? "" : fmt::format(", \"{}\"", target.labels.front()));
  if (target.labels.size() > most)
    return Error(
        Reason::kBadRequest,
        "target column \"{}\": more classes than half of the {} rows: is it an identifier, or "
        "numbers to be predicted with --task regression?",
        column.name, rows);
  return target;
}

}  // namespace slipway::data
