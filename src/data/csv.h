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

/// All rows, the header (if there is one) among them; empty lines are passed over, a byte order
/// mark is dropped. @return kBadRequest "line 3: expected 4 cells, got 5", or for a quote that is
/// out of place or never closed.
StatusOr<std::vector<CsvRow>> ReadCsv(std::string_view text);

/// Appends the cell, quoted where it must be.
void AppendCsvCell(std::string& out, std::string_view cell);

}  // namespace slipway::data
