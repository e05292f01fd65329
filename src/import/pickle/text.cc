#include "import/pickle/text.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/utf8.h"

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

struct Character {
  uint32_t code;
  size_t bytes;
  bool is_valid;
};

/// The character at the front of `text`, which is not empty.
Character FirstOf(std::string_view text) {
  const auto lead = static_cast<uint8_t>(text[0]);
  const size_t bytes = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  if (!IsValidUtf8(text.substr(0, bytes))) return {lead, 1, false};
  uint32_t code = bytes == 1 ? lead : lead & (0x7Fu >> bytes);
  for (size_t i = 1; i < bytes; ++i) code = code << 6 | (text[i] & 0x3Fu);
  return {code, bytes, true};
}

bool Prints(uint32_t code) {
  if (code < 0x20 || (code >= 0x7F && code < 0xA0)) return false;
  return !(code >= 0x200B && code <= 0x200F) && !(code >= 0x2028 && code <= 0x202E) &&
         !(code >= 0x2060 && code <= 0x206F) && code != 0xFEFF;
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

std::string Printable(std::string_view text, size_t max_characters) {
  std::string out;
  for (size_t shown = 0; !text.empty(); ++shown) {
    if (shown == max_characters) return out + "…";
    const Character next = FirstOf(text);
    if (!next.is_valid || (next.code < 0x100 && !Prints(next.code)))
      out += fmt::format("\\x{:02x}", next.code);
    else if (!Prints(next.code))
      out += fmt::format("\\u{:04x}", next.code);
    else
      out += text.substr(0, next.bytes);
    text.remove_prefix(next.bytes);
  }
  return out;
}

bool IsAscii(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) { return (c & 0x80) != 0; });
}

}  // namespace slipway::pickle
