#pragma once
// How pickle writes text: Python's escapes, Latin-1.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"

namespace slipway::pickle {

/// Appends a code point as UTF-8; false, nothing appended, for surrogates and above U+10FFFF.
bool AppendUtf8(std::string& out, uint32_t code);

/// The bytes of a quoted Python 2 string: 'a\x00\n'. kBadModel for what Python would refuse.
StatusOr<std::string> Unquote(std::string_view quoted);

/// UTF-8 of Python's raw-unicode-escape: Latin-1, with \uXXXX and \UXXXXXXXX.
StatusOr<std::string> DecodeRawUnicodeEscape(std::string_view raw);

/// Latin-1 bytes of UTF-8 text; kBadModel for characters above U+00FF.
StatusOr<std::string> EncodeLatin1(std::string_view utf8);

/// At most `max_characters` of text for a terminal or a log: what does not print, or turns the
/// direction of what follows, as \xNN or \uNNNN; bytes that are no UTF-8 as \xNN.
std::string Printable(std::string_view text, size_t max_characters = 64);

bool IsAscii(std::string_view text);

}  // namespace slipway::pickle
