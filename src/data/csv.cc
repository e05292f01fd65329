#include "data/csv.h"

namespace slipway::data {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

class CsvReader {
 public:
  explicit CsvReader(std::string_view text) : rest_(text) {}

  StatusOr<std::vector<CsvRow>> Run() {
    while (!rest_.empty()) {
      if (TakeLineEnd()) continue;
      CsvRow row{line_, {}};
      RETURN_IF_ERROR(ReadRow(row));
      if (!rows_.empty() && rows_.front().cells.size() != row.cells.size())
        return Error(Reason::kBadRequest, "line {}: expected {} cells, got {}", row.line,
                     rows_.front().cells.size(), row.cells.size());
      rows_.push_back(std::move(row));
    }
    return std::move(rows_);
  }

 private:
  Status ReadRow(CsvRow& row) {
    for (;;) {
      std::string& cell = row.cells.emplace_back();
      if (rest_.starts_with('"')) {
        RETURN_IF_ERROR(ReadQuoted(cell));
      } else {
        const size_t size = std::min(rest_.find_first_of(",\r\n\""), rest_.size());
        cell = rest_.substr(0, size);
        rest_.remove_prefix(size);
      }
      if (rest_.empty() || TakeLineEnd()) return OkStatus();
      if (rest_.front() != ',')
        return Error(Reason::kBadRequest, "line {}: expected a comma or the line's end, got '{}'",
                     line_, rest_.front());
      rest_.remove_prefix(1);
    }
  }

  Status ReadQuoted(std::string& cell) {
    const size_t start = line_;
    rest_.remove_prefix(1);
    for (;;) {
      const size_t quote = rest_.find('"');
      if (quote == std::string_view::npos)
        return Error(Reason::kBadRequest, "line {}: a quoted cell is never closed", start);
      for (const char c : rest_.substr(0, quote)) line_ += c == '\n';
      cell.append(rest_.substr(0, quote));
      rest_.remove_prefix(quote + 1);
      if (!rest_.starts_with('"')) return OkStatus();
      cell += '"';
      rest_.remove_prefix(1);
    }
  }

  bool TakeLineEnd() {
    const size_t size = rest_.starts_with("\r\n") ? 2 : rest_.starts_with('\n') ? 1 : 0;
    rest_.remove_prefix(size);
    line_ += size > 0;
    return size > 0;
  }

  std::string_view rest_;
  size_t line_ = 1;
  std::vector<CsvRow> rows_;
};

}  // namespace

StatusOr<std::vector<CsvRow>> ReadCsv(std::string_view text) {
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  return CsvReader(text).Run();
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
