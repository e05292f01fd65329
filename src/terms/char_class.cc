#include "terms/char_class.h"

#include <algorithm>

namespace slipway::terms {

bool CharClass::AddEscape(char32_t letter) {
  switch (letter) {
    case 'w':
      return word_ = true;
    case 'W':
      return not_word_ = true;
    case 'd':
      return digit_ = true;
    case 'D':
      return not_digit_ = true;
    case 's':
      return space_ = true;
    case 'S':
      return not_space_ = true;
    default:
      return false;
  }
}

void CharClass::AddAllButNewline() {
  AddRange('\n', '\n');
  Negate();
}

bool CharClass::IgnoreCase() {
  ignore_case_ = true;
  const auto given = ranges_;
  for (const auto& [first, last] : given) {
    if (last >= 128) return false;
    for (char32_t c = first; c <= last; ++c) {
      ranges_.emplace_back(SimpleLower(c), SimpleLower(c));
      // The characters beyond ASCII that Python holds equal to ASCII ones, other than by
      // SimpleLower.
      if (SimpleLower(c) == 'i') AddRange(U'ı', U'ı');
      if (SimpleLower(c) == 's') AddRange(U'ſ', U'ſ');
    }
  }
  return true;
}

void CharClass::Settle() {
  for (char32_t c = 0; c < 128; ++c) ascii_[c] = Compute(c);
}

bool CharClass::IsAllOfWord() const {
  return word_ && !negated_ && !not_word_ && !not_digit_ && !not_space_ && !space_ &&
         IsWithinWord();
}

bool CharClass::IsWithinWord() const {
  if (negated_ || not_word_ || not_digit_ || space_ || not_space_) return false;
  return std::ranges::all_of(ranges_, [](const auto& range) {
    if (range.second >= 128) return range.first == range.second && IsWord(range.first);
    for (char32_t c = range.first; c <= range.second; ++c)
      if (!IsWord(c)) return false;
    return true;
  });
}

bool CharClass::Compute(char32_t c) const {
  if (ignore_case_) c = SimpleLower(c);
  bool found = std::ranges::any_of(
      ranges_, [c](const auto& range) { return range.first <= c && c <= range.second; });
  if (word_ || not_word_) found = found || (IsWord(c) ? word_ : not_word_);
  if (digit_ || not_digit_) found = found || (IsDigit(c) ? digit_ : not_digit_);
  if (space_ || not_space_) found = found || (IsSpace(c) ? space_ : not_space_);
  return found != negated_;
}

}  // namespace slipway::terms
