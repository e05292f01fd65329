#include "server/config_value.h"

#include <array>
#include <charconv>
#include <limits>
#include <optional>
#include <span>

namespace slipway::server {
namespace {

struct Unit {
  std::string_view suffix;
  uint64_t factor;
};
constexpr std::array<Unit, 5> kByteUnits = {{{"TiB", uint64_t{1} << 40},
                                             {"GiB", uint64_t{1} << 30},
                                             {"MiB", uint64_t{1} << 20},
                                             {"KiB", uint64_t{1} << 10},
                                             {"", 1}}};
constexpr std::array<Unit, 3> kDurationUnits = {{{"min", 60'000}, {"s", 1'000}, {"ms", 1}}};

/// Digits and one of the suffixes; nullopt for anything else and for what exceeds 2^63 − 1.
std::optional<uint64_t> ParseWithUnit(std::string_view text, std::span<const Unit> units) {
  uint64_t count;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || end == text.data()) return std::nullopt;
  const std::string_view suffix(end, static_cast<size_t>(text.data() + text.size() - end));
  for (const Unit& unit : units) {
    if (suffix != unit.suffix) continue;
    if (count > uint64_t{std::numeric_limits<int64_t>::max()} / unit.factor) return std::nullopt;
    return count * unit.factor;
  }
  return std::nullopt;
}

std::string FormatWithUnit(uint64_t value, std::span<const Unit> units) {
  if (value == 0) return "0";
  for (const Unit& unit : units)
    if (value % unit.factor == 0) return fmt::format("{}{}", value / unit.factor, unit.suffix);
  return fmt::format("{}", value);
}

}  // namespace

StatusOr<int64_t> ParseInteger(std::string_view text) {
  int64_t value;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty())
    return Error(Reason::kBadRequest, "expected a whole number, got \"{}\"", text);
  return value;
}

StatusOr<uint64_t> ParseByteSize(std::string_view text) {
  if (const auto value = ParseWithUnit(text, kByteUnits)) return *value;
  return Error(Reason::kBadRequest, "expected bytes such as 16KiB or 64MiB, got \"{}\"", text);
}

StatusOr<std::chrono::milliseconds> ParseDuration(std::string_view text) {
  if (text == "0") return std::chrono::milliseconds(0);
  if (const auto value = ParseWithUnit(text, kDurationUnits))
    return std::chrono::milliseconds(static_cast<int64_t>(*value));
  return Error(Reason::kBadRequest, "expected a duration such as 250ms, 30s or 5min, got \"{}\"",
               text);
}

StatusOr<bool> ParseBool(std::string_view text) {
  if (text == "true") return true;
  if (text == "false") return false;
  return Error(Reason::kBadRequest, "expected true or false, got \"{}\"", text);
}

std::string FormatByteSize(uint64_t bytes) { return FormatWithUnit(bytes, kByteUnits); }

std::string FormatDuration(std::chrono::milliseconds duration) {
  return FormatWithUnit(static_cast<uint64_t>(duration.count()), kDurationUnits);
}

}  // namespace slipway::server
