#pragma once
// Cells → a column of the narrowest type that holds them all.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/string_map.h"
#include "data/cell_values.h"
#include "data/memory_budget.h"
#include "data/row_batch.h"
#include "data/table.h"

namespace slipway::data {

/// Where the rows of a batch go in a column that is a sample of a file: a place for each row.
using Places = std::span<const uint32_t>;
inline constexpr uint32_t kNoPlace = UINT32_MAX;

/// The first cell that is not missing says what the others are thought to be: numbers, booleans or
/// times. Where one is neither, the column is one of words; those of earlier rows are lost by then,
/// so that they have to be read again (needs_second_pass).
///
/// Words are categories when there are few of them (docs/formats/data-files.md), else texts.
class ColumnBuilder {
 public:
  /// @param type              nullopt: what the cells show.
  /// @param missing, budget   must outlive the builder.
  ColumnBuilder(std::string name, std::optional<ColumnType> type, const MissingWords& missing,
                MemoryBudget& budget);

  const std::string& name() const { return name_; }
  /// Cells without a given type are words, also where they look like values.
  void ExpectWords() {
    if (!kind_) kind_ = ColumnType::kCategory;
  }
  /// The given type, if any, can hold the cell.
  bool Takes(std::string_view cell) const;
  /// The same for a value of a typed column; times are seconds since 1970.
  bool Takes(double value) const;

  /// Adds the cells of a column of `batch`; a given type holds them.
  /// @param places  of a sample: where each row goes, replacing what is there; else empty.
  /// @param rows    that the column has afterwards.
  /// @return kTooLarge when the budget is used up.
  Status Add(const RowBatch& batch, size_t column, Places places, size_t rows);
  /// Adds missing values up to `rows`.
  Status AddMissing(size_t rows);

  bool needs_second_pass() const { return lost_; }
  /// Rows come again: for a column that lost some.
  void BeginSecondPass();

  /// Frees the values; what they said of the type, and the words, are kept.
  void ForgetValues();

  /// All cells were seen: the type and the categories stay as they are from now on.
  /// @return kTooLarge when the budget is used up.
  Status Decide();
  /// The values since Decide, or since the last Take.
  Column Take();

 private:
  /// Kinds are types without kInteger, whose cells are kNumber's; nullopt: all are missing.
  std::optional<ColumnType> KindOf(const RowBatch& batch, size_t column) const;
  Status AddValues(const RowBatch& batch, size_t column, Places places, size_t rows);
  Status AddTyped(std::span<const double> values, Places places, size_t rows);
  Status AddWords(const RowBatch& batch, size_t column, Places places, size_t rows);
  Status AddTexts(const RowBatch& batch, size_t column, Places places, size_t rows);
  /// False when a cell is neither missing nor what `parse` takes.
  template <typename Parse>
  bool ReadValue(std::string_view cell, Parse parse, double* out) const;
  template <typename Parse>
  bool ReadValues(const RowBatch& batch, size_t column, Parse parse, double* out) const;
  bool ReadNumbers(const RowBatch& batch, size_t column, double* out) const;
  bool ParseValues(const RowBatch& batch, size_t column, double* out) const;
  StatusOr<int32_t> CodeOf(std::string_view word);
  /// Categories turn out to be texts.
  Status BecomeTexts();
  Status PutText(std::string& to, std::string_view text);
  void NoteWhole(std::span<const double> values);
  /// Words that nobody gave a type are few enough, or come often enough, to be categories.
  bool AreCategories() const;
  void SortCategories();

  std::string name_;
  std::optional<ColumnType> type_;
  const MissingWords& missing_;
  MemoryBudget& budget_;

  std::optional<ColumnType> kind_;
  bool lost_ = false;
  bool settled_ = false;  // complete before the second pass
  bool whole_ = true;     // all numbers so far are whole and below 2^53
  size_t rows_ = 0;
  bool seen_ = false;   // cells of an earlier batch, missing ones aside
  size_t present_ = 0;  // words, with those that come again
  std::vector<double> numbers_;
  std::vector<double> batch_numbers_;  // of a batch that is sampled
  std::vector<int32_t> codes_;
  StringMap<int32_t> words_;
  bool spaced_ = false;                  // a word has a space in it
  std::vector<std::string> categories_;  // once they are decided
  bool decided_ = false;
  std::vector<std::string> texts_;
};

}  // namespace slipway::data
