#pragma once
// Which rows of a file a training learns from and is judged by: kept in the lineage, so that the
// rows held out can be found again.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "data/cleaning.h"
#include "data/split.h"
#include "data/table_file.h"
#include "train/dataset.h"

namespace slipway::pipeline {

struct RowChoice {
  std::string target;  // a column
  std::optional<data::Task> task;
  std::map<std::string, data::ColumnType> types;
  char delimiter = 0;                // of CSV; 0: told from the first lines
  std::vector<std::string> missing;  // words for a missing value; none: data::TableOptions' own
  std::vector<std::string> drop;
  std::vector<data::CleaningStep> clean;
  std::string weights, group, time;  // columns, or ""
  bool skip_bad_rows = false;
  size_t sample = SIZE_MAX;  // rows of the file that are read, at random
  double test_share = 0.2;   // 0: nothing is held out
  uint64_t seed = 0;
  size_t max_memory_bytes = SIZE_MAX;  // of the table; says nothing of the rows
};

/// One JSON object. Source: docs/formats/bundle.md, lineage `rows`.
std::string ToJson(const RowChoice& choice);
/// @return kBadRequest for what ToJson did not write.
StatusOr<RowChoice> ReadRowChoice(std::string_view json);

/// A file's rows, cleaned, with every column, and how they are divided.
struct DividedRows {
  data::TableFacts facts;
  train::Dataset all;
  data::Split split;
  std::vector<std::string> cleaned;  // what steps of cleaning did
};

/// A file's rows, cleaned and divided. Tables hold the columns that a model may see, and the
/// numbers that rows have in the file.
struct ChosenRows {
  data::TableFacts facts;
  train::Dataset train, test;
  data::Table test_columns;  // every column of `test`: for gates and slices
  data::SplitKind kind = data::SplitKind::kRandom;
  std::vector<std::string> cleaned;  // what steps of cleaning did
};

/// How a file's cells are read.
data::TableOptions OptionsOf(const RowChoice& choice);

/// Columns that a model may not see: those with a role, and what is dropped.
std::vector<std::string> UnseenColumns(const RowChoice& choice);

/// Whether each of them is there, and none has two roles.
/// @return kBadRequest naming option and column.
Status CheckColumns(const data::Table& table, const RowChoice& choice);

/// Reads the file, or a sample of it, with the types chosen.
StatusOr<data::TableFile> ReadFile(const std::string& path, const RowChoice& choice);

/// A column as the weights of rows.
/// @param name  "": no weights.
/// @return kBadRequest naming the column, and the row whose weight is missing, negative or
/// infinite.
StatusOr<std::vector<double>> WeightsOf(const data::Table& table, const std::string& name);

/// What the rows are chosen for: to judge by them, those to learn from are left out.
enum class Purpose : uint8_t { kLearn, kJudge };

/// Cleaning does not look at columns that are dropped. Where nothing is held out, all rows are for
/// the purpose.
/// @return kBadRequest naming option, column or row: a column of two roles, groups, times or
///   weights that are missing.
StatusOr<DividedRows> DivideRows(data::TableFile file, const RowChoice& choice, Purpose purpose);

/// DivideRows in two parts, and without what a model may not see.
/// @return as it; to learn, also infinite numbers; rows of either part without any weight.
StatusOr<ChosenRows> ChooseRows(data::TableFile file, const RowChoice& choice, Purpose purpose);

}  // namespace slipway::pipeline
