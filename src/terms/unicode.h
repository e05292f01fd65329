#pragma once
// Characters as Python's str and re see them. All text is well-formed UTF-8 (base/utf8.h).
// Sources: Unicode 15 (utf8proc); Objects/unicodectype.c and Modules/_sre of CPython for what
// lower(),
// \w and \s mean.

#include <cstddef>
#include <string>
#include <string_view>

namespace slipway::terms {

struct CodePoint {
  char32_t value;
  size_t length;  // in UTF-8
};
/// The code point that begins at `at`, which is below text.size().
CodePoint CodePointAt(std::string_view text, size_t at);
/// The one that ends at `end`, which is above 0.
CodePoint CodePointBefore(std::string_view text, size_t end);
void AppendCodePoint(char32_t c, std::string& to);

bool IsWord(char32_t c);   // \w: letters and numbers of all scripts, and _
bool IsDigit(char32_t c);  // \d: decimal digits of all scripts
bool IsSpace(char32_t c);  // \s, and what str.split() parts at

/// One lower-case character for one: İ becomes i.
char32_t SimpleLower(char32_t c);
/// Appends text.lower(): İ becomes i and a dot above, Σ at the end of a word ς.
void AppendLower(std::string_view text, std::string& to);

enum class Accents : uint8_t {
  kKeep,
  kUnicode,  // NFKD without combining characters
  kAscii,    // the ASCII of NFKD
};
/// Appends the text without its accents.
void AppendStripped(std::string_view text, Accents accents, std::string& to);

}  // namespace slipway::terms
