#pragma once
// Rows to judge by, of a file that memory need not hold: right answers first, then part by part
// what models are asked.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "data/table_file.h"
#include "pipeline/row_choice.h"

namespace slipway::pipeline {

using CheckFacts = std::function<Status(const data::TableFacts&)>;

/// Memory: a part, and of all rows the columns that have a role (target, weights, groups, times).
/// Threads: one at a time.
class RowParts {
 public:
  /// Whether rows can be chosen without the whole table: a sample is small, and equal rows are told
  /// by every column.
  static bool Suits(const RowChoice& choice);

  /// Passes over the file for types and for the columns with roles.
  /// @param is_right  asked between the two; may be null.
  /// @return what ReadFile, `is_right` and ChooseRows (to judge) say.
  static StatusOr<std::unique_ptr<RowParts>> Open(const std::string& path, const RowChoice& choice,
                                                  const CheckFacts& is_right = nullptr);

  /// Of the file.
  const data::TableFacts& facts() const { return rows_.facts; }
  /// Every column, with its type and categories, without rows.
  const data::Table& columns() const { return columns_; }
  /// Target and weights of the rows that judge.
  const train::Dataset& rows() const { return rows_.test; }

  /// Rows that judge, in the order of rows().
  struct Part {
    data::Table all;       // every column
    data::Table features;  // those that a model may see
  };
  /// @return a part without rows at the end.
  StatusOr<Part> Next();
  /// Of the rows that judge, how many were handed out.
  double share() const;

 private:
  RowParts() = default;
  Status ReadRoles(const RowChoice& choice);

  std::unique_ptr<data::TableStream> stream_;
  std::vector<std::string> unseen_;  // columns
  data::Table columns_;
  ChosenRows rows_;
  size_t part_rows_ = 0;
  size_t next_ = 0;  // of rows_.test
};

}  // namespace slipway::pipeline
