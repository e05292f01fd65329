#pragma once
// Rows of a data set in memory, column by column.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace slipway::data {

enum class ColumnType : uint8_t {
  kNumber,
  kInteger,   // whole numbers up to 2^53
  kBoolean,   // 0 and 1
  kCategory,  // one of a set of words
  kText,      // words of a language
  kTime,      // seconds since 1970-01-01T00:00:00Z
};
/// "number", "integer", "boolean", "category", "text", "time".
std::string_view NameOf(ColumnType type);
/// kBadRequest naming the words there are.
StatusOr<ColumnType> ColumnTypeOf(std::string_view word);

/// Numbers lie in `numbers`, categories in `codes` and `categories`, texts in `texts`; the others
/// are empty.
struct Column {
  std::string name;
  ColumnType type = ColumnType::kNumber;
  std::vector<double> numbers;          // [rows]; NaN = missing
  std::vector<int32_t> codes;           // [rows]: the place in `categories`; -1 = missing
  std::vector<std::string> categories;  // sorted by their bytes, each once
  std::vector<std::string> texts;       // [rows]; "" = missing

  bool is_numeric() const { return type != ColumnType::kCategory && type != ColumnType::kText; }
  bool IsMissing(size_t row) const;
  /// These rows, in this order; one may come more than once. Categories stay as they are.
  Column Select(std::span<const uint32_t> rows) const;
};

/// The number of a row in its file, from 1.
/// @param numbers  of all rows; empty: the file's rows are these.
uint64_t NumberOfRow(std::span<const uint64_t> numbers, size_t row);

struct Table {
  std::vector<Column> columns;  // names are unique
  size_t rows = 0;
  std::vector<uint64_t> numbers = {};  // [rows], as NumberOfRow takes them

  /// nullptr when there is none.
  const Column* Find(std::string_view name) const;
  /// kBadRequest naming the column and the nearest name there is.
  StatusOr<const Column*> Get(std::string_view name) const;
  /// Rows of the same columns and categories, behind these.
  void Append(const Table& more);
  /// As Column::Select; rows keep their numbers.
  Table Select(std::span<const uint32_t> rows) const;
  /// Without the columns of these names.
  Table Without(std::span<const std::string> names) const;
};

enum class Task : uint8_t { kRegression, kClassification };

/// What is to be predicted.
struct Target {
  Task task = Task::kRegression;
  std::string name;
  std::vector<double> values;       // regression: [rows], finite
  std::vector<int32_t> classes;     // classification: [rows], places in `labels`
  std::vector<std::string> labels;  // sorted: by value when they are whole numbers, else by bytes
  bool integer_labels = false;      // labels are whole numbers, answered as INT64
  size_t rows() const { return task == Task::kRegression ? values.size() : classes.size(); }
  Target Select(std::span<const uint32_t> rows) const;
};

/// @param task  nullopt: classification of categories, booleans, and whole numbers of at most 20
///   values; else regression.
/// @param numbers  of the rows, for messages.
/// @return kBadRequest naming column and row: missing values, NaN or infinities, one class only,
/// more
///   classes than half the rows, a task that the type does not allow.
StatusOr<Target> TargetOf(const Column& column, const Task* task,
                          std::span<const uint64_t> numbers = {});

}  // namespace slipway::data
