#include "data/csv.h"

#include "data/cell_values.h"

namespace slipway::data {
namespace {}  // namespace

CsvReader::CsvReader(std::string_view text) : rest_(text) {
  if (rest_.starts_with(kByteOrderMark)) rest_.remove_prefix(kByteOrderMark.size());
}

StatusOr<bool> CsvReader::Next(CsvRow& row) {
  while (TakeLineEnd()) continue;
  if (rest_.empty()) return false;
  row.line = line_;
  RETURN_IF_ERROR(ReadRow(row));
  if (width_ == 0) width_ = row.cells.size();
  if (row.cells.size() != width_)
    return Error(Reason::kBadRequest, "line {}: expected {} cells, got {}", row.line, width_,
                 row.cells.size());
  return true;
}

Status CsvReader::ReadRow(CsvRow& row) {
  for (size_t count = 1;; ++count) {
    if (count > kMaxCells)
      return Error(Reason::kBadRequest, "line {}: more than {} cells", row.line, kMaxCells);
    if (row.cells.size() < count) row.cells.emplace_back();
    std::string& cell = row.cells[count - 1];
    if (rest_.starts_with('"')) {
      RETURN_IF_ERROR(ReadQuoted(cell, count));
    } else {
      const size_t size = std::min(rest_.find_first_of(",\r\n\""), rest_.size());
      cell = rest_.substr(0, size);
      rest_.remove_prefix(size);
    }
    if (rest_.empty() || TakeLineEnd()) {
      row.cells.resize(count);
      return OkStatus();
    }
    if (rest_.front() != ',')
      return Error(Reason::kBadRequest, "line {}: expected a comma or the line's end, got '{}'",
                   line_, rest_.front());
    rest_.remove_prefix(1);
  }
}

Status CsvReader::ReadQuoted(std::string& cell, size_t column) {
  const size_t start = line_;
  cell.clear();
  rest_.remove_prefix(1);
  for (;;) {
    const size_t quote = rest_.find('"');
    if (quote == std::string_view::npos)
      return Error(Reason::kBadRequest, "line {}, column {}: a quoted cell is never closed", start,
                   column);
    for (const char c : rest_.substr(0, quote)) line_ += c == '\n';
    cell.append(rest_.substr(0, quote));
    rest_.remove_prefix(quote + 1);
    if (!rest_.starts_with('"')) return OkStatus();
    cell += '"';
    rest_.remove_prefix(1);
  }
}

bool CsvReader::TakeLineEnd() {
  const size_t size = rest_.starts_with("\r\n") ? 2 : rest_.starts_with('\n') ? 1 : 0;
  rest_.remove_prefix(size);
  line_ += size > 0;
  return size > 0;
}

StatusOr<std::vector<CsvRow>> ReadCsv(std::string_view text) {
  CsvReader reader(text);
  std::vector<CsvRow> rows;
  for (CsvRow row;; row = {}) {
    ASSIGN_OR_RETURN(const bool more, reader.Next(row));
    if (!more) return rows;
    rows.push_back(std::move(row));
  }
}

void AppendCsvCell(std::string& out, std::string_view cell) {
  if (cell.find_first_of(",\"\r\n") == std::string_view::npos) {
    out += cell;
    return;
  }
  out += '"';
  for (const char c : cell) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

}  // namespace slipway::data
