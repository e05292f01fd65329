#include "base/iso8601.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>

namespace slipway {
namespace {

bool TakeChar(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

/// Exactly `digits` digits.
bool TakeDigits(std::string_view& text, size_t digits, int* out) {
  if (text.size() < digits) return false;
  *out = 0;
  for (const char c : text.substr(0, digits)) {
    if (c < '0' || c > '9') return false;
    *out = *out * 10 + (c - '0');
  }
  text.remove_prefix(digits);
  return true;
}

/// "2024-02-29" in days since 1970-01-01.
bool TakeDate(std::string_view& text, int64_t* days) {
  int year, month, day;
  if (!TakeDigits(text, 4, &year) || !TakeChar(text, '-') || !TakeDigits(text, 2, &month) ||
      !TakeChar(text, '-') || !TakeDigits(text, 2, &day))
    return false;
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  *days = std::chrono::sys_days(date).time_since_epoch().count();
  return year > 0 && date.ok();
}

/// ".25" as 0.25; nothing is 0.
bool TakeFraction(std::string_view& text, double* out) {
  *out = 0;
  if (!text.starts_with('.')) return true;
  const size_t size = std::min(text.find_first_not_of("0123456789", 1), text.size());
  const auto result = std::from_chars(text.data(), text.data() + size, *out);
  text.remove_prefix(size);
  return size > 1 && result.ec == std::errc();
}

/// "23:59", "23:59:59", "23:59:59.5" in seconds.
bool TakeClock(std::string_view& text, double* seconds) {
  int hour, minute, second = 0;
  double fraction = 0;
  if (!TakeDigits(text, 2, &hour) || !TakeChar(text, ':') || !TakeDigits(text, 2, &minute))
    return false;
  if (TakeChar(text, ':') && !(TakeDigits(text, 2, &second) && TakeFraction(text, &fraction)))
    return false;
  *seconds = hour * 3600 + minute * 60 + second + fraction;
  return hour < 24 && minute < 60 && second < 60;
}

/// "Z", "+01:00", "+0100", "+01" or nothing, in seconds east.
bool TakeOffset(std::string_view& text, int* seconds) {
  *seconds = 0;
  if (text.empty() || TakeChar(text, 'Z')) return true;
  const bool west = text.starts_with('-');
  if (!west && !text.starts_with('+')) return false;
  text.remove_prefix(1);
  int hours, minutes = 0;
  if (!TakeDigits(text, 2, &hours)) return false;
  if (!text.empty()) {
    TakeChar(text, ':');
    if (!TakeDigits(text, 2, &minutes)) return false;
  }
  *seconds = (west ? -1 : 1) * (hours * 3600 + minutes * 60);
  return hours < 24 && minutes < 60;
}

}  // namespace

bool ParseIso8601(std::string_view text, double* out) {
  int64_t days;
  if (!TakeDate(text, &days)) return false;
  double clock = 0;
  int offset = 0;
  if (TakeChar(text, 'T') || TakeChar(text, ' ')) {
    if (!TakeClock(text, &clock) || !TakeOffset(text, &offset)) return false;
  }
  constexpr double kSecondsPerDay = 86'400;
  *out = static_cast<double>(days) * kSecondsPerDay + clock - offset;
  return text.empty();
}

}  // namespace slipway
