#pragma once
// Rows of cells as a file has them, some hundreds or thousands at a time: what readers of formats
// hand to builders of columns.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "data/table.h"

namespace slipway::data {

/// Cells may be looked at from kLookBehind bytes before their last byte on, whatever their size.
struct RowBatch {
  static constexpr size_t kLookBehind = 32;

  /// A column of a file that says what its values are.
  struct TypedColumn {
    ColumnType type =
        ColumnType::kText;     // kText: words, in cells, also where they look like values
    std::span<double> values;  // [rows] of all other types, instead of cells; NaN =
                               // missing
  };

  /// Rows of the file that are not in the batch.
  struct Gap {
    size_t before;  // the place of the row that follows; rows() behind all
    uint64_t rows;  // how many
  };

  size_t width = 0;
  std::vector<std::string_view> cells;  // [rows, width]; those after them are unused
  std::vector<TypedColumn> typed;       // [width], or empty: cells show what they are
  std::vector<uint64_t> lines;          // [rows]: of the file, from 1, where each begins
  std::string_view row_word = "line";   // what `lines` counts
  std::vector<Gap> gaps;                // where bad rows were passed over, ascending

  size_t rows() const { return lines.size(); }
  /// The column has values, and no cells.
  bool has_values(size_t column) const {
    return !typed.empty() && typed[column].type != ColumnType::kText;
  }
  /// Without rows; whatever else it holds is overwritten.
  void ForgetRows() {
    lines.clear();
    gaps.clear();
  }
  void AddGap(size_t before, uint64_t count) {
    if (gaps.empty() || gaps.back().before != before) gaps.push_back({before, 0});
    gaps.back().rows += count;
  }
  /// Rows [begin, end) of another batch, and the gaps before them; behind them where it ends.
  void CopyRows(const RowBatch& from, size_t begin, size_t end) {
    width = from.width;
    row_word = from.row_word;
    const auto at = [&](size_t row) {
      return from.cells.begin() + static_cast<ptrdiff_t>(row * width);
    };
    if (!from.cells.empty()) cells.assign(at(begin), at(end));
    typed = from.typed;
    for (TypedColumn& column : typed)
      if (!column.values.empty()) column.values = column.values.subspan(begin, end - begin);
    lines.assign(from.lines.begin() + static_cast<ptrdiff_t>(begin),
                 from.lines.begin() + static_cast<ptrdiff_t>(end));
    gaps.clear();
    for (const Gap& gap : from.gaps)
      if (gap.before >= begin && (gap.before < end || end == from.rows()))
        AddGap(gap.before - begin, gap.rows);
  }
  std::string_view cell(size_t row, size_t column) const { return cells[row * width + column]; }
};

/// Rows that are refused, or counted and passed over.
class BadRows {
 public:
  explicit BadRows(bool skip) : skip_(skip) {}

  /// @param why  "line 3, column 2: …"
  /// @return `why` as kBadRequest unless bad rows are skipped.
  Status Add(std::string why) {
    if (!skip_) return MakeError(Reason::kBadRequest, why);
    if (count_++ == 0) first_ = std::move(why);
    return OkStatus();
  }

  uint64_t count() const { return count_; }
  const std::string& first() const { return first_; }

 private:
  bool skip_;
  uint64_t count_ = 0;
  std::string first_;
};

/// One pass over the rows of a file.
class RowReader {
 public:
  static constexpr size_t kMaxColumns = 100'000;

  virtual ~RowReader() = default;
  /// Of the columns so far: a batch may bring new ones, which all rows before it lack.
  virtual const std::vector<std::string>& names() const = 0;
  /// That the file says it has; 0: it does not say.
  virtual uint64_t expected_rows() const { return 0; }
  /// @param batch  overwritten; its cells are valid until the next call.
  /// @return false at the end; kBadRequest "line 3, column 2: …".
  virtual StatusOr<bool> Next(RowBatch& batch) = 0;
};

}  // namespace slipway::data
