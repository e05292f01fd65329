#include "data/csv_rows.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "base/utf8.h"
#include "data/cell_values.h"

namespace slipway::data {
namespace {

constexpr ptrdiff_t kStep = TextWindow::kStep;  // bytes that are looked at together
constexpr size_t kBatchCells = 32 << 10;        // more only for a row that has more

/// A bit for each of 64 bytes.
struct Marks {
  uint64_t ends = 0;    // delimiters and line ends
  uint64_t quotes = 0;  // and
  bool odd = false;     // a NUL or a byte of no ASCII character is among them
};

#if defined(__SSE2__)

Marks MarksOf(const char* block, char delimiter) {
  const __m128i delimiters = _mm_set1_epi8(delimiter), line_feeds = _mm_set1_epi8('\n'),
                quotes = _mm_set1_epi8('"'), nul = _mm_setzero_si128();
  Marks marks;
  int odd = 0;
  for (int i = 0; i < 4; ++i) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(block) + i);
    const auto mask = [&](__m128i equal) {
      return uint64_t{static_cast<uint32_t>(_mm_movemask_epi8(equal))} << (16 * i);
    };
    marks.ends |=
        mask(_mm_or_si128(_mm_cmpeq_epi8(bytes, delimiters), _mm_cmpeq_epi8(bytes, line_feeds)));
    marks.quotes |= mask(_mm_cmpeq_epi8(bytes, quotes));
    odd |= _mm_movemask_epi8(_mm_or_si128(bytes, _mm_cmpeq_epi8(bytes, nul)));
  }
  marks.odd = odd != 0;
  return marks;
}

#else

Marks MarksOf(const char* block, char delimiter) {
  Marks marks;
  for (int i = 0; i < kStep; ++i) {
    const char c = block[i];
    marks.ends |= uint64_t{c == delimiter || c == '\n'} << i;
    marks.quotes |= uint64_t{c == '"'} << i;
    marks.odd |= c == 0 || static_cast<signed char>(c) < 0;
  }
  return marks;
}

#endif

/// Bit i is set when the bits up to and with i hold an odd number of ones: what lies in quotes.
uint64_t ParityBefore(uint64_t bits) {
  for (const int shift : {1, 2, 4, 8, 16, 32}) bits ^= bits << shift;
  return bits;
}

/// Takes quotes off a cell, in place. False when they are not where they may be.
bool Unquote(std::string_view& cell) {
  if (!cell.starts_with('"')) return cell.find('"') == std::string_view::npos;
  if (cell.size() < 2 || !cell.ends_with('"')) return false;
  char* const begin = const_cast<char*>(cell.data());  // the reader's own buffer
  const char* const end = begin + cell.size() - 1;
  char* to = begin;
  for (const char* at = begin + 1; at != end; ++at) {
    if (*at == '"' && (++at == end || *at != '"')) return false;
    *to++ = *at;
  }
  cell = {begin, static_cast<size_t>(to - begin)};
  return true;
}

/// Cells of each of the first lines.
std::vector<size_t> WidthsOf(std::string_view text, char delimiter) {
  constexpr size_t kLines = 32;
  std::vector<size_t> widths = {1};
  bool quoted = false;
  for (const char c : text) {
    quoted ^= c == '"';
    if (quoted) continue;
    if (c == delimiter) ++widths.back();
    if (c != '\n') continue;
    if (widths.size() == kLines) return widths;
    widths.push_back(1);
  }
  if (widths.size() > 1) widths.pop_back();  // cut off, or what follows the last line's end
  return widths;
}

/// The candidate by which most of the first lines have as many cells as the first, more than one;
/// of equals the one with the most cells.
char GuessDelimiter(std::string_view text) {
  char best = ',';
  std::pair<size_t, size_t> most = {0, 1};
  for (const char candidate : {',', ';', '\t', '|'}) {
    const std::vector<size_t> widths = WidthsOf(text, candidate);
    const auto alike = std::count(widths.begin(), widths.end(), widths.front());
    const std::pair score = {static_cast<size_t>(alike), widths.front()};
    if (widths.front() < 2 || score <= most) continue;
    most = score;
    best = candidate;
  }
  return best;
}

/// What a table without a line of names begins with; "0,1,2" are names that pandas gives.
bool AreValues(const std::vector<std::string>& names) {
  bool counted = true;
  for (size_t i = 0; i < names.size(); ++i) {
    double value;
    if (!ParseNumber(names[i], &value)) return false;
    counted &= names[i] == std::to_string(i);
  }
  return !counted;
}

Status CheckNames(const std::vector<std::string>& names, uint64_t line) {
  if (AreValues(names))
    return Error(Reason::kBadRequest,
                 "line {}: expected the names of the columns, got numbers: "
                 "put a line of names first",
                 line);
  StringMap<size_t> places;
  for (size_t i = 0; i < names.size(); ++i) {
    if (names[i].empty())
      return Error(Reason::kBadRequest,
                   "line {}, column {}: has no name (pandas leaves out an index with index=False)",
                   line, i + 1);
    const auto [at, is_new] = places.emplace(names[i], i + 1);
    if (!is_new)
      return Error(Reason::kBadRequest, "line {}, column {}: \"{}\" is the name of column {} too",
                   line, i + 1, names[i], at->second);
  }
  return OkStatus();
}

}  // namespace

CsvRows::CsvRows(io::ByteSource& source, char delimiter, BadRows& bad)
    : bad_(bad), delimiter_(delimiter), window_(source) {}

StatusOr<std::unique_ptr<CsvRows>> CsvRows::Open(io::ByteSource& source, char delimiter,
                                                 BadRows& bad) {
  if (delimiter == '"' || delimiter == '\n' || delimiter == '\r' || delimiter < 0)
    return Error(Reason::kBadRequest, "a quote, a line end or a byte of UTF-8 is no delimiter");
  auto rows = std::unique_ptr<CsvRows>(new CsvRows(source, delimiter, bad));
  RETURN_IF_ERROR(rows->ReadNames());
  return rows;
}

Status CsvRows::ReadNames() {
  RETURN_IF_ERROR(window_.Fill());
  if (window_.text().starts_with(kByteOrderMark))
    window_.MoveTo(window_.begin() + kByteOrderMark.size());
  if (delimiter_ == 0) delimiter_ = GuessDelimiter(window_.text());
  RowBatch batch;
  for (;;) {
    SplitRun(1, batch);
    if (!complaint_.empty()) return MakeError(Reason::kBadRequest, complaint_);
    if (batch.rows() > 0) break;
    if (window_.at_end() && window_.text().empty())
      return Error(Reason::kBadRequest, "line {}: expected the names of the columns, got nothing",
                   line_);
    if (window_.at_end() || window_.text().size() > kMaxRowBytes) ComplainOfOpenQuote();
    return MakeError(Reason::kBadRequest, complaint_);
    RETURN_IF_ERROR(window_.Fill());
  }
  for (size_t i = 0; i < batch.width; ++i) names_.emplace_back(Trimmed(batch.cells[i]));
  if (names_.size() > kMaxColumns)
    return Error(Reason::kBadRequest, "line {}: expected at most {} columns, got {}",
                 batch.lines[0], kMaxColumns, names_.size());
  return CheckNames(names_, batch.lines[0]);
}

StatusOr<bool> CsvRows::Next(RowBatch& batch) {
  batch.width = names_.size();
  batch.ForgetRows();
  for (;;) {
    RETURN_IF_ERROR(Split(SIZE_MAX, batch));
    if (batch.rows() > 0) return true;
    if (window_.at_end() && window_.size() == 0) return false;
    RETURN_IF_ERROR(window_.Fill());
  }
}

Status CsvRows::Split(size_t most, RowBatch& batch) {
  for (;;) {
    complaint_.clear();
    const Stop stop = SplitRun(most, batch);
    const size_t rest = window_.size();
    const bool endless =
        stop == Stop::kTextEnded && (rest > kMaxRowBytes || (window_.at_end() && rest > 0));
    if (endless) {
      ComplainOfOpenQuote();
      resume_ = nullptr;
    }
    if (complaint_.empty()) return OkStatus();
    RETURN_IF_ERROR(bad_.Add(complaint_));
    batch.AddGap(batch.rows(), 1);
    if (resume_ == nullptr) {
      const void* const line_end = std::memchr(window_.begin(), '\n', rest);
      resume_ = line_end == nullptr ? window_.end() : static_cast<const char*>(line_end) + 1;
    }
    line_ += static_cast<uint64_t>(std::count(window_.begin(), resume_, '\n'));
    window_.MoveTo(resume_);
  }
}

CsvRows::Stop CsvRows::SplitRun(size_t most, RowBatch& batch) {
  if (batch.cells.size() < kBatchCells) batch.cells.resize(kBatchCells);
  std::string_view* row = batch.cells.data() + batch.rows() * batch.width;
  std::string_view* cell = row;
  const char* start = window_.begin();  // of the cell
  const char* unusual_until =
      window_.begin();  // before here lie quotes, NULs or letters of no ASCII
  uint64_t quoted = 0;  // all ones when the block begins in quotes
  for (const char* block = window_.begin(); block < window_.end(); block += kStep) {
    if (batch.cells.data() + batch.cells.size() - cell < kStep) {
      if (batch.rows() > 0) return Stop::kBatchFull;
      const auto used = static_cast<size_t>(cell - row);
      if (used > kMaxColumns) {
        resume_ = nullptr;
        Complain(kMaxColumns, "more columns than are read");
        return Stop::kBadRow;
      }
      batch.cells.resize(2 * batch.cells.size());
      row = batch.cells.data();
      cell = row + used;
    }
    Marks marks = MarksOf(block, delimiter_);
    if (window_.end() - block < kStep) marks.ends &= (uint64_t{1} << (window_.end() - block)) - 1;
    if (marks.odd || marks.quotes != 0) unusual_until = block + kStep;
    const uint64_t inside = (marks.quotes == 0 ? 0 : ParityBefore(marks.quotes)) ^ quoted;
    quoted = (inside >> 63) != 0 ? ~uint64_t{0} : 0;
    for (uint64_t ends = marks.ends & ~inside; ends != 0; ends &= ends - 1) {
      const char* const at = block + std::countr_zero(ends);
      *cell++ = {start, static_cast<size_t>(at - start)};
      start = at + 1;
      if (*at != '\n') continue;
      if (cell[-1].ends_with('\r')) cell[-1].remove_suffix(1);
      const auto width = static_cast<size_t>(cell - row);
      if (width == batch.width && unusual_until <= window_.begin()) {
        batch.lines.push_back(line_++);
        row = cell;
      } else {
        if (!TakeUnusualRow({row, width}, at, batch)) return Stop::kBadRow;
        row = cell = batch.cells.data() + batch.rows() * batch.width;
      }
      window_.MoveTo(start);
      if (batch.rows() == most) return Stop::kBatchFull;
    }
  }
  return Stop::kTextEnded;
}

bool CsvRows::TakeUnusualRow(std::span<std::string_view> cells, const char* end, RowBatch& batch) {
  resume_ = nullptr;
  const auto lines = static_cast<uint64_t>(std::count(window_.begin(), end, '\n')) + 1;
  if (cells.size() == 1 && cells[0].empty()) {
    line_ += lines;
    return true;
  }
  for (size_t i = 0; i < cells.size(); ++i)
    if (!Unquote(cells[i]))
      return Complain(i, "a quote is out of place: quote the whole cell and double quotes in it");
  resume_ = end + 1;
  for (size_t i = 0; i < cells.size(); ++i) {
    if (cells[i].find('\0') != std::string_view::npos)
      return Complain(i, "a NUL byte is no text (UTF-16 is not read: save the file as UTF-8)");
    if (!IsValidUtf8(cells[i])) return Complain(i, "bytes that are not UTF-8");
  }
  if (batch.width == 0) batch.width = cells.size();
  if (cells.size() != batch.width)
    return Complain(std::min(cells.size(), batch.width),
                    fmt::format("expected {} cells, got {}", batch.width, cells.size()));
  batch.lines.push_back(line_);
  line_ += lines;
  return true;
}

void CsvRows::ComplainOfOpenQuote() {
  size_t column = 0;
  bool quoted = false;
  for (const char c : window_.text()) {
    quoted ^= c == '"';
    column += c == delimiter_ && !quoted;
  }
  Complain(column, "a quoted cell is never closed");
}

bool CsvRows::Complain(size_t column, std::string_view what) {
  complaint_ = fmt::format("line {}, column {}: {}", line_, column + 1, what);
  return false;
}

}  // namespace slipway::data
