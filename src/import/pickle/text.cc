#include "import/pickle/text.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace slipway::pickle {
namespace {

/// A number of exactly `digits` digits of `base` at the start of `text`.
std::optional<uint32_t> Digits(std::string_view text, size_t digits, int base) {
  if (text.size() < digits) return std::nullopt;
  uint32_t value = 0;
  const char* const end = text.data() + digits;
  const auto [stop, error] = std::from_chars(text.data(), end, value, base);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

constexpr std::string_view kEscapes = "\\'\"abfnrtv";
constexpr std::string_view kMeanings = "\\'\"\a\b\f\n\r\t\v";

/// Appends what the escape at the start of `rest` (behind its backslash) says; returns its length.
StatusOr<size_t> TakeEscape(std::string_view rest, std::string& out) {
  if (rest.empty()) return Error(Reason::kBadModel, "a string ends in a backslash");
  if (const size_t known = kEscapes.find(rest[0]); known != std::string_view::npos) {
    out += kMeanings[known];
    return 1;
  }
  if (rest[0] == 'x') {
    const auto code = Digits(rest.substr(1), 2, 16);
    if (!code) return Error(Reason::kBadModel, "expected two hexadecimal digits behind \\x");
    out += static_cast<char>(*code);
    return 3;
  }
  size_t octal = 0;
  while (octal < 3 && octal < rest.size() && rest[octal] >= '0' && rest[octal] <= '7') ++octal;
  if (octal > 0) {
    out += static_cast<char>(*Digits(rest, octal, 8));
    return octal;
  }
  out += '\\';  // as Python: an unknown escape stands for itself
  return 0;
}

}  // namespace

bool AppendUtf8(std::string& out, uint32_t code) {
  if (code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) return false;
  const auto follow = [&](int shift) { out += static_cast<char>(0x80 | (code >> shift & 0x3F)); };
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | code >> 6);
    follow(0);
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0 | code >> 12);
    follow(6);
    follow(0);
  } else {
    out += static_cast<char>(0xF0 | code >> 18);
    follow(12);
    follow(6);
    follow(0);
  }
  return true;
}

StatusOr<std::string> Unquote(std::string_view quoted) {
  const bool has_quotes = quoted.size() >= 2 && quoted.front() == quoted.back() &&
                          (quoted.front() == '\'' || quoted.front() == '"');
  if (!has_quotes) return Error(Reason::kBadModel, "expected a quoted string");
  std::string_view rest = quoted.substr(1, quoted.size() - 2);
  std::string out;
  out.reserve(rest.size());
  while (!rest.empty()) {
    const char c = rest.front();
    rest.remove_prefix(1);
    if (c != '\\') {
      out += c;
      continue;
    }
    ASSIGN_OR_RETURN(const size_t length, TakeEscape(rest, out));
    rest.remove_prefix(length);
  }
  return out;
}

StatusOr<std::string> DecodeRawUnicodeEscape(std::string_view raw) {
  std::string out;
  out.reserve(raw.size());
  while (!raw.empty()) {
    const bool escape = raw.size() > 1 && raw[0] == '\\' && (raw[1] == 'u' || raw[1] == 'U');
    const size_t digits = !escape ? 0 : raw[1] == 'u' ? 4 : 8;
    uint32_t code = static_cast<uint8_t>(raw[0]);
    if (escape) {
      const auto value = Digits(raw.substr(2), digits, 16);
      if (!value) return Error(Reason::kBadModel, "expected {} digits behind \\{}", digits, raw[1]);
      code = *value;
    }
    if (!AppendUtf8(out, code))
      return Error(Reason::kBadModel, "expected a character, got U+{:04X}", code);
    raw.remove_prefix(escape ? 2 + digits : 1);
  }
  return out;
}

StatusOr<std::string> EncodeLatin1(std::string_view utf8) {
  std::string out;
  out.reserve(utf8.size());
  for (size_t i = 0; i < utf8.size(); ++i) {
    const auto lead = static_cast<uint8_t>(utf8[i]);
    if (lead < 0x80) {
      out += static_cast<char>(lead);
    } else if ((lead == 0xC2 || lead == 0xC3) && i + 1 < utf8.size()) {
      out += static_cast<char>(lead << 6 | (utf8[++i] & 0x3F));
    } else {
      return Error(Reason::kBadModel, "expected Latin-1 text, got a character above U+00FF");
    }
  }
  return out;
}

bool IsAscii(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) { return (c & 0x80) != 0; });
}

}  // namespace slipway::pickle
