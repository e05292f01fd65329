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

namespace slipway::pipeline {

struct RowChoice {
  std::string target;  // a column
  std::optional<data::Task> task;
  std::map<std::string, data::ColumnType> types;
  std::vector<std::string> drop;
  std::vector<data::CleaningStep> clean;
  std::string weights, group, time;  // columns, or ""
  bool skip_bad_rows = false;
  size_t sample = SIZE_MAX;  // rows of the file that are read, at random
  double test_share = 0.2;   // 0: nothing is held out
  uint64_t seed = 0;
};

/// One JSON object. Source: docs/formats/bundle.md, lineage `rows`.
std::string ToJson(const RowChoice& choice);
/// @return kBadRequest for what ToJson did not write.
StatusOr<RowChoice> ReadRowChoice(std::string_view json);

/// A file's rows, cleaned and divided.
struct ChosenRows {
  data::TableFacts facts;
  data::Table table;    // every column
  data::Target target;  // of all these rows
  data::SplitKind kind = data::SplitKind::kRandom;
  data::Split split;                 // rows of `table`
  std::vector<std::string> cleaned;  // what steps of cleaning did
};

/// Reads the file, or a sample of it, with the types chosen.
StatusOr<data::TableFile> ReadFile(const std::string& path, const RowChoice& choice);

/// Weights are checked here, where a row still has its number in the file. Cleaning does not look
/// at columns that are dropped.
/// @param to_learn  then columns that are not dropped may hold no infinite number.
/// @return kBadRequest naming option, column or row.
StatusOr<ChosenRows> ChooseRows(data::TableFile file, const RowChoice& choice, bool to_learn);

}  // namespace slipway::pipeline
