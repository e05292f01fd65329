#pragma once
// What one character of a token pattern may be.

#include <bitset>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "terms/unicode.h"

namespace slipway::terms {

/// A set of characters: \w, [a-z\-], [^\s]. Threads: any, once Settle was called.
class CharClass {
 public:
  void AddRange(char32_t first, char32_t last) { ranges_.emplace_back(first, last); }
  /// \w \W \d \D \s \S; false for any other letter.
  bool AddEscape(char32_t letter);
  /// Every character but \n, as "." is.
  void AddAllButNewline();
  void Negate() { negated_ = true; }
  /// As with re.IGNORECASE. @return false when it has characters beyond ASCII by name.
  bool IgnoreCase();
  /// Called once, when all is added.
  void Settle();

  bool Contains(char32_t c) const { return c < 128 ? ascii_[c] : Compute(c); }
  /// Whether it is \w, and whether all that it contains is in \w as far as its form tells.
  bool IsAllOfWord() const;
  bool IsWithinWord() const;

  bool operator==(const CharClass&) const = default;

 private:
  bool Compute(char32_t c) const;

  std::vector<std::pair<char32_t, char32_t>> ranges_;
  bool word_ = false, not_word_ = false;
  bool digit_ = false, not_digit_ = false;
  bool space_ = false, not_space_ = false;
  bool negated_ = false;
  bool ignore_case_ = false;
  std::bitset<128> ascii_;
};

}  // namespace slipway::terms
