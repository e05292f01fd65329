#pragma once
// What the text of a cell says. Spaces around it count for nothing.

#include <span>
#include <string>
#include <string_view>

#include "base/string_map.h"

namespace slipway::data {

/// What may stand before the text of a file.
inline constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
/// Whole numbers up to here are exact as doubles.
inline constexpr double kMaxWhole = 0x1p53;

/// Without the spaces and tabs around it.
std::string_view Trimmed(std::string_view cell);

/// Decimal numbers ("-12.5e3", "+5", ".5", "007"), "inf" and "infinity" in any case, to the nearest
/// double; one too large becomes an infinity.
bool ParseNumber(std::string_view cell, double* out);
/// "true" and "false" in any case.
bool ParseBoolean(std::string_view cell, double* out);
/// ParseIso8601 (base/iso8601.h).
bool ParseTime(std::string_view cell, double* out);

/// The words that stand for a missing value; an empty cell always does.
class MissingWords {
 public:
  explicit MissingWords(std::span<const std::string> words);
  bool Has(std::string_view cell) const;
  /// One of them could be taken for a value of a numeric column.
  bool look_like_values() const { return look_like_values_; }

 private:
  StringMap<char> words_;
  size_t longest_ = 0;
  bool look_like_values_ = false;
};

}  // namespace slipway::data
