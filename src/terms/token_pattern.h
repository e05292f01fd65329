#pragma once
// Token patterns: the part of Python's regular expressions that tells tokens in texts.

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "terms/char_class.h"

namespace slipway::terms {

/// scikit-learn's default: words of two characters or more.
inline constexpr std::string_view kDefaultTokenPattern = R"((?u)\b\w\w+\b)";

/// A compiled pattern, with the meaning it has for Python's re over str: leftmost, alternatives and
/// greedy or lazy repeats by priority. Read: characters, classes [a-z] [^\W\d], \w \d \s and their
/// complements, ".", repeats * + ? {m,n} and their lazy forms, groups (?:…), one capturing group,
/// alternatives |, \b \B ^ $ \A \Z, (?=c) (?!c) (?<=c) (?<!c) of one character, the flags (?u) and
/// (?i).
/// Threads: any.
class TokenPattern {
 public:
  /// @return kUnsupported naming what is not read, and where; also for patterns that may match
  ///   nothing, nest deeper than 16 or compile to more than 2,000 instructions. kBadModel for what
  ///   Python refuses.
  static StatusOr<TokenPattern> Parse(std::string_view pattern);

  /// Appends what re.findall finds in `text`, as views of it.
  /// @return kBadRequest when finding takes more than 200 steps a byte: patterns that look far
  /// ahead
  ///   for each token take time quadratic in the text.
  Status FindAll(std::string_view text, std::vector<std::string_view>& tokens) const;

 private:
  friend class PatternCompiler;
  class Search;

  enum class Op : uint8_t { kClass, kSplit, kJump, kSave, kAssert, kMatch };
  enum class Assertion : uint8_t {
    kWordBoundary,
    kNotWordBoundary,
    kStart,
    kEnd,
    kEndOrLastNewline,
    kAhead,
    kNotAhead,
    kBehind,
    kNotBehind,
  };
  struct Instruction {
    Op op;
    Assertion assertion = {};
    int first = 0;  // kSplit, kJump: where to, preferred; kClass, kAssert: the class; kSave: 0 or 1
    int second = 0;  // kSplit: where to otherwise
  };
  /// A pattern such as \b[a-z]{2,}\b, whose tokens are stretches of characters of one class.
  struct Stretches {
    int char_class;
    size_t min_length;
    bool whole_words;  // bounded by \b on both sides
  };

  bool Holds(const Instruction& assert, std::string_view text, size_t at) const;
  void FindStretches(std::string_view text, std::vector<std::string_view>& tokens) const;

  std::vector<Instruction> program_;
  std::vector<CharClass> classes_;
  bool captures_ = false;
  std::optional<Stretches> stretches_;
};

}  // namespace slipway::terms
