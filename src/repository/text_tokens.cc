#include "repository/text_tokens.h"

#include <algorithm>
#include <cctype>

namespace slipway::repository {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool IsWord(char c) { return IsLetter(c) || IsDigit(c); }
bool IsSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

int DigitOf(char c) {
  if (IsDigit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return 99;
}

void AppendUtf8(std::string& out, unsigned code) {
  const auto byte = [&out](unsigned value) { out += static_cast<char>(value); };
  if (code < 0x80) return byte(code);
  if (code < 0x800) {
    byte(0xc0 | code >> 6);
  } else {
    if (code < 0x10000) {
      byte(0xe0 | code >> 12);
    } else {
      byte(0xf0 | code >> 18);
      byte(0x80 | (code >> 12 & 0x3f));
    }
    byte(0x80 | (code >> 6 & 0x3f));
  }
  byte(0x80 | (code & 0x3f));
}

std::string Quoted(char c) {
  if (c > ' ' && c < 0x7f) return fmt::format("'{}'", c);
  return fmt::format("byte 0x{:02x}", static_cast<unsigned char>(c));
}

}  // namespace

Status TextTokens::ErrorAt(int line, std::string_view message) const {
  return Error(Reason::kBadModel, "{}:{}: {}", file_, line, message);
}

Status TextTokens::Expected(std::string_view what) const {
  const std::string got = current_.kind == TextToken::Kind::kEnd
                              ? "the end of the file"
                              : fmt::format("\"{}\"", current_.text.substr(0, 60));
  return ErrorAt(current_.line, fmt::format("expected {}, got {}", what, got));
}

void TextTokens::SkipSpaceAndComments() {
  while (!rest_.empty()) {
    if (rest_[0] == '#') {
      rest_.remove_prefix(std::min(rest_.find('\n'), rest_.size()));
    } else if (IsSpace(rest_[0])) {
      line_ += rest_[0] == '\n';
      rest_.remove_prefix(1);
    } else {
      return;
    }
  }
}

Status TextTokens::Next() {
  SkipSpaceAndComments();
  current_ = {TextToken::Kind::kEnd, "", line_};
  if (rest_.empty()) return OkStatus();
  const char c = rest_[0];
  if (c == '"' || c == '\'') return ReadString();
  if (IsLetter(c)) return ReadWord(), OkStatus();
  if (IsDigit(c) || (c == '.' && rest_.size() > 1 && IsDigit(rest_[1]))) {
    return ReadNumber(), OkStatus();
  }
  if (std::string_view("{}<>[]:,;-/.").find(c) == std::string_view::npos) {
    return ErrorAt(line_, fmt::format("{} has no meaning here", Quoted(c)));
  }
  current_.kind = TextToken::Kind::kPunctuation;
  current_.text = c;
  rest_.remove_prefix(1);
  return OkStatus();
}

StatusOr<bool> TextTokens::Take(char c) {
  if (!current_.Is(c)) return false;
  RETURN_IF_ERROR(Next());
  return true;
}

void TextTokens::ReadWord() {
  current_.kind = TextToken::Kind::kWord;
  const auto end = std::find_if_not(rest_.begin(), rest_.end(), IsWord);
  current_.text.assign(rest_.begin(), end);
  rest_.remove_prefix(current_.text.size());
}

// As long as a number could go on; whoever wants one of a certain type parses it in full.
void TextTokens::ReadNumber() {
  current_.kind = TextToken::Kind::kNumber;
  const bool hexadecimal = rest_.starts_with("0x") || rest_.starts_with("0X");
  while (!rest_.empty()) {
    const char c = rest_[0];
    const char last = current_.text.empty() ? '\0' : current_.text.back();
    const bool exponent_sign =
        (c == '+' || c == '-') && (last == 'e' || last == 'E') && !hexadecimal;
    if (!IsWord(c) && c != '.' && !exponent_sign) return;
    current_.text += c;
    rest_.remove_prefix(1);
  }
}

// Strings that follow one another are one string.
Status TextTokens::ReadString() {
  current_.kind = TextToken::Kind::kString;
  while (!rest_.empty() && (rest_[0] == '"' || rest_[0] == '\'')) {
    const char quote = rest_[0];
    rest_.remove_prefix(1);
    while (true) {
      if (rest_.empty() || rest_[0] == '\n')
        return ErrorAt(line_, "a string does not end on its line");
      const char c = rest_[0];
      rest_.remove_prefix(1);
      if (c == quote) break;
      if (c == '\0') return ErrorAt(line_, "a string holds a NUL byte");
      if (c == '\\') {
        RETURN_IF_ERROR(ReadEscape());
      } else {
        current_.text += c;
      }
    }
    SkipSpaceAndComments();
  }
  return OkStatus();
}

unsigned TextTokens::ReadDigits(int base, size_t limit) {
  unsigned value = 0;
  for (size_t i = 0; i < limit && !rest_.empty() && DigitOf(rest_[0]) < base; ++i) {
    value = value * static_cast<unsigned>(base) + static_cast<unsigned>(DigitOf(rest_[0]));
    rest_.remove_prefix(1);
  }
  return value;
}

Status TextTokens::ReadCodePoint(size_t digits) {
  const size_t before = rest_.size();
  const unsigned code = ReadDigits(16, digits);
  const bool surrogate = code >= 0xd800 && code < 0xe000;
  if (before - rest_.size() != digits || code > 0x10ffff || surrogate) {
    return ErrorAt(line_,
                   fmt::format("an escape needs {} hexadecimal digits of a character", digits));
  }
  AppendUtf8(current_.text, code);
  return OkStatus();
}

Status TextTokens::ReadEscape() {
  if (rest_.empty()) return ErrorAt(line_, "a string does not end on its line");
  const char c = rest_[0];
  if (c >= '0' && c <= '7') {
    const unsigned value = ReadDigits(8, 3);
    if (value > 0xff) return ErrorAt(line_, "an octal escape is above \\377");
    current_.text += static_cast<char>(value);
    return OkStatus();
  }
  rest_.remove_prefix(1);
  if (c == 'x' || c == 'X') {
    if (rest_.empty() || DigitOf(rest_[0]) >= 16)
      return ErrorAt(line_, "\\x needs hexadecimal digits");
    current_.text += static_cast<char>(ReadDigits(16, 2));
    return OkStatus();
  }
  if (c == 'u') return ReadCodePoint(4);
  if (c == 'U') return ReadCodePoint(8);
  constexpr std::string_view kLetters = "abfnrtv?\\'\"", kMeanings = "\a\b\f\n\r\t\v?\\'\"";
  const size_t index = kLetters.find(c);
  if (index == kLetters.npos)
    return ErrorAt(line_, fmt::format("unknown escape \\ before {}", Quoted(c)));
  current_.text += kMeanings[index];
  return OkStatus();
}

}  // namespace slipway::repository
