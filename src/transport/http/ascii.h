#pragma once
// Characters as HTTP defines them, apart from any locale.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace slipway::http {

constexpr char ToLower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }
constexpr bool IsDigit(char c) { return c >= '0' && c <= '9'; }

/// The value of a hexadecimal digit, −1 for anything else.
constexpr int HexValue(char c) {
  if (IsDigit(c)) return c - '0';
  const char lower = ToLower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

constexpr bool EqualsIgnoreCase(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i)
    if (ToLower(a[i]) != ToLower(b[i])) return false;
  return true;
}

/// Without spaces and tabs at both ends.
constexpr std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// Cuts the first item off a list separated by `separator` and returns it trimmed.
constexpr std::string_view NextItem(std::string_view& list, char separator = ',') {
  const size_t end = list.find(separator);
  const std::string_view item = Trim(list.substr(0, end));
  list.remove_prefix(end == std::string_view::npos ? list.size() : end + 1);
  return item;
}

/// 256 flags, one a byte value.
class CharSet {
 public:
  template <typename Predicate>
  constexpr explicit CharSet(Predicate predicate) {
    for (int c = 0; c < 256; ++c) in_[c] = predicate(static_cast<unsigned char>(c));
  }
  constexpr bool Has(char c) const { return in_[static_cast<unsigned char>(c)]; }
  constexpr bool HasAll(std::string_view text) const {
    bool all = true;  // no early exit: the common answer is yes, and the loop stays branch-free
    for (const char c : text) all &= Has(c);
    return all;
  }

 private:
  std::array<bool, 256> in_{};
};

constexpr bool IsTokenByte(unsigned char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c != 0 &&
          std::string_view("!#$%&'*+-.^_`|~").find(static_cast<char>(c)) != std::string_view::npos);
}

/// RFC 9110 token: method and field names.
inline constexpr CharSet kToken{IsTokenByte};
/// RFC 9110 field value: no control characters besides the tab; bytes ≥ 0x80 are opaque.
inline constexpr CharSet kFieldValue{
    [](unsigned char c) { return c == '\t' || (c >= 0x20 && c != 0x7f); }};
/// Printable ASCII without the space.
inline constexpr CharSet kVisible{[](unsigned char c) { return c > 0x20 && c < 0x7f; }};

/// `text` as it is when well-formed UTF-8, else with "?" for every byte ≥ 0x80.
std::string ValidUtf8(std::string_view text);

/// Percent-decodes `text`; nullopt for "%" without two hexadecimal digits after it.
std::optional<std::string> PercentDecode(std::string_view text);

}  // namespace slipway::http
