#pragma once
#include <string>
#include <string_view>

#include "base/status.h"

namespace slipway::repository {

/// One token of protobuf's text format.
struct TextToken {
  enum class Kind { kEnd, kWord, kNumber, kString, kPunctuation };
  Kind kind = Kind::kEnd;
  std::string text;  // strings decoded, all else as written
  int line = 1;

  bool Is(char c) const { return kind == Kind::kPunctuation && text[0] == c; }
};

/// Splits text into tokens; `current` is the one to look at.
class TextTokens {
 public:
  /// Both are borrowed.
  TextTokens(std::string_view text, std::string_view file) : rest_(text), file_(file) {}

  const TextToken& current() const { return current_; }
  /// Moves on. After an error the object is done.
  Status Next();
  /// Moves on when the current token is `c`.
  StatusOr<bool> Take(char c);

  /// "config.pbtxt:12: <message>", kBadModel.
  Status ErrorAt(int line, std::string_view message) const;
  /// "expected <what>, got <the current token>"
  Status Expected(std::string_view what) const;

 private:
  void SkipSpaceAndComments();
  Status ReadString();
  Status ReadEscape();
  Status ReadCodePoint(size_t digits);
  void ReadNumber();
  void ReadWord();
  unsigned ReadDigits(int base, size_t limit);

  std::string_view rest_;
  std::string_view file_;
  int line_ = 1;
  TextToken current_;
};

}  // namespace slipway::repository
