#include "data/cell_values.h"

#include <absl/strings/match.h>

#include <charconv>
#include <cmath>
#include <cstdlib>

#include "base/iso8601.h"

namespace slipway::data {
namespace {

bool IsBlank(char c) { return c == ' ' || c == '\t'; }

bool SameWord(std::string_view cell, std::string_view word) {
  return absl::EqualsIgnoreCase({cell.data(), cell.size()}, {word.data(), word.size()});
}

}  // namespace

std::string_view Trimmed(std::string_view cell) {
  while (!cell.empty() && IsBlank(cell.front())) cell.remove_prefix(1);
  while (!cell.empty() && IsBlank(cell.back())) cell.remove_suffix(1);
  return cell;
}

bool ParseNumber(std::string_view cell, double* out) {
  cell = Trimmed(cell);
  if (cell.starts_with('+')) {
    cell.remove_prefix(1);
    if (cell.starts_with('-')) return false;
  }
  const char* const end = cell.data() + cell.size();
  const auto result = std::from_chars(cell.data(), end, *out);
  if (result.ptr != end) return false;
  if (result.ec == std::errc()) return !std::isnan(*out);
  if (result.ec != std::errc::result_out_of_range) return false;
  // Too large or too small; the C library says which. Cells this odd are few.
  *out = std::strtod(std::string(cell).c_str(), nullptr);
  return true;
}

bool ParseBoolean(std::string_view cell, double* out) {
  cell = Trimmed(cell);
  *out = SameWord(cell, "true") ? 1 : 0;
  return *out == 1 || SameWord(cell, "false");
}

bool ParseTime(std::string_view cell, double* out) { return ParseIso8601(Trimmed(cell), out); }

MissingWords::MissingWords(std::span<const std::string> words) {
  for (const std::string& word : words) {
    const std::string_view trimmed = Trimmed(word);
    words_.emplace(trimmed, 0);
    longest_ = std::max(longest_, trimmed.size());
    double ignored;
    look_like_values_ |= ParseNumber(trimmed, &ignored) || ParseBoolean(trimmed, &ignored) ||
                         ParseTime(trimmed, &ignored);
  }
}

bool MissingWords::Has(std::string_view cell) const {
  cell = Trimmed(cell);
  return cell.empty() || (cell.size() <= longest_ && words_.contains(cell));
}

}  // namespace slipway::data
