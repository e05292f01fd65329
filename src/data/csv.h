#pragma once
// Comma-separated values, RFC 4180: quoted cells may hold commas, quotes (doubled) and line ends.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace slipway::data {

struct CsvRow {
  size_t line = 0;  // of the file, from 1, where the row begins
  std::vector<std::string> cells;
};

/// Reads row by row, so that memory follows one row and not the text.
class CsvReader {
 public:
  static constexpr size_t kMaxCells = size_t{1} << 20;  // of one row

  /// @param text  must outlive the reader. A byte order mark is dropped.
  explicit CsvReader(std::string_view text);

  /// The next row, a header among them; empty lines are passed over.
  /// @param row  overwritten; its cells keep their capacity.
  /// @return false at the end; kBadRequest "line 3: expected 4 cells, got 5" (as many as the first
  /// row), for more than kMaxCells, or for a quote that is out of place or never closed.
  StatusOr<bool> Next(CsvRow& row);

 private:
  Status ReadRow(CsvRow& row);
  Status ReadQuoted(std::string& cell, size_t column);
  bool TakeLineEnd();

  std::string_view rest_;
  size_t line_ = 1;
  size_t width_ = 0;  // cells of the first row
};

/// All rows of CsvReader.
StatusOr<std::vector<CsvRow>> ReadCsv(std::string_view text);

/// Appends the cell, quoted where it must be.
void AppendCsvCell(std::string& out, std::string_view cell);

}  // namespace slipway::data
