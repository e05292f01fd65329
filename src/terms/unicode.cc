#include "terms/unicode.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>

namespace slipway::terms {
namespace {

constexpr char32_t kCapitalSigma = U'Σ';
constexpr char32_t kFinalSigma = U'ς';
constexpr char32_t kSmallSigma = U'σ';
constexpr char32_t kCapitalIWithDot = U'İ';
constexpr char32_t kDotAbove = U'\u0307';

utf8proc_category_t CategoryOf(char32_t c) {
  return utf8proc_category(static_cast<utf8proc_int32_t>(c));
}

bool IsAscii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

char AsciiLower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

/// Word_Break of MidLetter, MidNumLet and Single_Quote.
bool StandsInsideWords(char32_t c) {
  constexpr std::array<char32_t, 17> kInside = {0x27,   0x2E,   0x3A,   0xB7,   0x387,  0x55F,
                                                0x5F4,  0x2018, 0x2019, 0x2024, 0x2027, 0xFE13,
                                                0xFE52, 0xFE55, 0xFF07, 0xFF0E, 0xFF1A};
  return std::ranges::binary_search(kInside, c);
}

bool IsCaseIgnorable(char32_t c) {
  switch (CategoryOf(c)) {
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_SK:
      return true;
    default:
      return StandsInsideWords(c);
  }
}

/// Of what is not case-ignorable.
bool IsCased(char32_t c) {
  switch (CategoryOf(c)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
      return true;
    default:  // Other_Lowercase and Other_Uppercase
      return c == 0xAA || c == 0xBA || (c >= 0x2160 && c <= 0x217F) ||
             (c >= 0x24B6 && c <= 0x24E9) || (c >= 0x1F130 && c <= 0x1F149) ||
             (c >= 0x1F150 && c <= 0x1F169) || (c >= 0x1F170 && c <= 0x1F189);
  }
}

/// Final_Sigma of Unicode's SpecialCasing: a cased letter before, none behind, whatever is
/// case-ignorable between. Linear over a whole text: Σ itself ends the search for the next.
bool IsFinalSigma(std::string_view text, size_t at) {
  size_t before = at;
  bool follows = false;
  while (before > 0) {
    const CodePoint c = CodePointBefore(text, before);
    before -= c.length;
    if (IsCaseIgnorable(c.value)) continue;
    follows = IsCased(c.value);
    break;
  }
  if (!follows) return false;
  for (size_t behind = at + 2; behind < text.size();) {
    const CodePoint c = CodePointAt(text, behind);
    behind += c.length;
    if (!IsCaseIgnorable(c.value)) return !IsCased(c.value);
  }
  return true;
}

void AppendLowerOf(std::string_view text, size_t at, char32_t c, std::string& to) {
  if (c == kCapitalSigma) {
    AppendCodePoint(IsFinalSigma(text, at) ? kFinalSigma : kSmallSigma, to);
  } else {
    AppendCodePoint(SimpleLower(c), to);
    if (c == kCapitalIWithDot) AppendCodePoint(kDotAbove, to);
  }
}

}  // namespace

CodePoint CodePointAt(std::string_view text, size_t at) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[at + i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return {first, 1};
  if (first < 0xE0) return {char32_t(first & 0x1F) << 6 | (byte(1) & 0x3F), 2};
  if (first < 0xF0)
    return {char32_t(first & 0x0F) << 12 | char32_t(byte(1) & 0x3F) << 6 | (byte(2) & 0x3F), 3};
  return {char32_t(first & 0x07) << 18 | char32_t(byte(1) & 0x3F) << 12 |
              char32_t(byte(2) & 0x3F) << 6 | (byte(3) & 0x3F),
          4};
}

CodePoint CodePointBefore(std::string_view text, size_t end) {
  size_t begin = end - 1;
  while ((static_cast<unsigned char>(text[begin]) & 0xC0) == 0x80) --begin;
  return CodePointAt(text, begin);
}

void AppendCodePoint(char32_t c, std::string& to) {
  utf8proc_uint8_t bytes[4];
  const auto length = utf8proc_encode_char(static_cast<utf8proc_int32_t>(c), bytes);
  to.append(reinterpret_cast<const char*>(bytes), static_cast<size_t>(length));
}

bool IsWord(char32_t c) {
  if (c < 0x80)
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  switch (CategoryOf(c)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
      return true;
    default:
      return false;
  }
}

bool IsDigit(char32_t c) {
  if (c < 0x80) return c >= '0' && c <= '9';
  return CategoryOf(c) == UTF8PROC_CATEGORY_ND;
}

bool IsSpace(char32_t c) {
  if (c < 0x80) return (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x20);
  return c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 ||
         c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

char32_t SimpleLower(char32_t c) {
  if (c < 0x80) return static_cast<char32_t>(AsciiLower(static_cast<char>(c)));
  return static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(c)));
}

void AppendLower(std::string_view text, std::string& to) {
  to.reserve(to.size() + text.size());
  for (size_t at = 0; at < text.size();) {
    if (static_cast<unsigned char>(text[at]) < 0x80) {
      to.push_back(AsciiLower(text[at++]));
      continue;
    }
    const CodePoint c = CodePointAt(text, at);
    AppendLowerOf(text, at, c.value, to);
    at += c.length;
  }
}

void AppendStripped(std::string_view text, Accents accents, std::string& to) {
  if (accents == Accents::kKeep || IsAscii(text)) {
    to += text;
    return;
  }
  constexpr auto kCompatible = static_cast<utf8proc_option_t>(UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE);
  utf8proc_int32_t parts[32];  // U+FDFA, the longest, has 18
  for (size_t at = 0; at < text.size();) {
    const CodePoint c = CodePointAt(text, at);
    at += c.length;
    int boundary = 0;
    const auto count = utf8proc_decompose_char(static_cast<utf8proc_int32_t>(c.value), parts, 32,
                                               kCompatible, &boundary);
    // Putting combining characters in order, the rest of NFKD, moves only what is dropped here.
    for (utf8proc_ssize_t i = 0; i < count; ++i)
      if (accents == Accents::kAscii ? parts[i] < 0x80
                                     : utf8proc_get_property(parts[i])->combining_class == 0)
        AppendCodePoint(static_cast<char32_t>(parts[i]), to);
  }
}

}  // namespace slipway::terms
