#include "terms/token_pattern.h"

#include <algorithm>

namespace slipway::terms {
namespace {

constexpr size_t kStepsPerByte = 200;
constexpr size_t kStepsAtLeast = 1'000'000;
constexpr size_t kNowhere = SIZE_MAX;

bool IsWordAt(std::string_view text, size_t at) {
  return at < text.size() && IsWord(CodePointAt(text, at).value);
}

bool IsWordBefore(std::string_view text, size_t at) {
  return at > 0 && IsWord(CodePointBefore(text, at).value);
}

}  // namespace

bool TokenPattern::Holds(const Instruction& assert, std::string_view text, size_t at) const {
  const auto ahead = [&] {
    return at < text.size() && classes_[assert.first].Contains(CodePointAt(text, at).value);
  };
  const auto behind = [&] {
    return at > 0 && classes_[assert.first].Contains(CodePointBefore(text, at).value);
  };
  switch (assert.assertion) {
    case Assertion::kWordBoundary:
      return IsWordBefore(text, at) != IsWordAt(text, at);
    case Assertion::kNotWordBoundary:
      // Python before 3.14: \B does not hold in an empty text, but there is no token in it either.
      return IsWordBefore(text, at) == IsWordAt(text, at);
    case Assertion::kStart:
      return at == 0;
    case Assertion::kEnd:
      return at == text.size();
    case Assertion::kEndOrLastNewline:
      return at == text.size() || (at + 1 == text.size() && text[at] == '\n');
    case Assertion::kAhead:
      return ahead();
    case Assertion::kNotAhead:
      return !ahead();
    case Assertion::kBehind:
      return behind();
    case Assertion::kNotBehind:
      return !behind();
  }
  return false;
}

/// All ways through the program at once, in the order of their priority (Pike's machine): a text
/// costs its length times that of the program, however many ways there are.
class TokenPattern::Search {
 public:
  Search(const TokenPattern& pattern, std::string_view text)
      : pattern_(pattern),
        text_(text),
        reached_(pattern.program_.size()),
        max_steps_(kStepsAtLeast + kStepsPerByte * text.size()) {}

  /// The first match that begins at `from` or behind it; false when there is none.
  StatusOr<bool> Next(size_t from) {
    matched_ = false;
    now_.clear();
    position_ += 2;
    for (size_t at = from;; ++position_) {
      if (!matched_) Enter(now_, 0, {at, kNowhere, kNowhere}, at, position_);
      if (now_.empty() && (matched_ || at >= text_.size())) break;
      if (steps_ > max_steps_)
        return Error(Reason::kBadRequest,
                     "the model's token pattern takes too long on a text of {} bytes",
                     text_.size());
      const CodePoint c = at < text_.size() ? CodePointAt(text_, at) : CodePoint{0, 0};
      Advance(at, c);
      std::swap(now_, next_);
      if (c.length == 0) break;
      at += c.length;
    }
    return matched_;
  }
  size_t end() const { return match_end_; }
  std::string_view token() const {
    if (!pattern_.captures_) return text_.substr(match_.begin, match_end_ - match_.begin);
    if (match_.capture_end == kNowhere) return text_.substr(0, 0);
    return text_.substr(match_.capture_begin, match_.capture_end - match_.capture_begin);
  }

 private:
  struct Way {
    size_t begin;
    size_t capture_begin;
    size_t capture_end;
  };
  struct Thread {
    int instruction;
    Way way;
  };

  /// What each way does with the character at `at`.
  void Advance(size_t at, CodePoint c) {
    next_.clear();
    for (const Thread& thread : now_) {
      const Instruction& instruction = pattern_.program_[thread.instruction];
      if (instruction.op == Op::kMatch) {
        matched_ = true;
        match_ = thread.way;
        match_end_ = at;
        return;  // the rest has less priority
      }
      if (c.length > 0 && pattern_.classes_[instruction.first].Contains(c.value))
        Enter(next_, thread.instruction + 1, thread.way, at + c.length, position_ + 1);
    }
  }

  /// Adds the instructions that are reached from one without a character, each once a position.
  void Enter(std::vector<Thread>& threads, int start, Way start_way, size_t at, size_t position) {
    pending_.assign(1, {start, start_way});
    while (!pending_.empty()) {
      auto [i, way] = pending_.back();
      pending_.pop_back();
      ++steps_;
      if (reached_[i] == position) continue;
      reached_[i] = position;
      const Instruction& instruction = pattern_.program_[i];
      switch (instruction.op) {
        case Op::kClass:
        case Op::kMatch:
          threads.push_back({i, way});
          break;
        case Op::kJump:
          pending_.push_back({instruction.first, way});
          break;
        case Op::kSplit:
          pending_.push_back({instruction.second, way});
          pending_.push_back({instruction.first, way});
          break;
        case Op::kSave:
          (instruction.first == 0 ? way.capture_begin : way.capture_end) = at;
          pending_.push_back({i + 1, way});
          break;
        case Op::kAssert:
          if (pattern_.Holds(instruction, text_, at)) pending_.push_back({i + 1, way});
          break;
      }
    }
  }

  const TokenPattern& pattern_;
  const std::string_view text_;
  std::vector<size_t> reached_;  // by instruction: the position at which it was last entered
  size_t position_ = 0;          // counted on through all searches
  std::vector<Thread> now_, next_, pending_;
  const size_t max_steps_;
  size_t steps_ = 0;
  bool matched_ = false;
  Way match_ = {};
  size_t match_end_ = 0;
};

Status TokenPattern::FindAll(std::string_view text, std::vector<std::string_view>& tokens) const {
  if (stretches_) {
    FindStretches(text, tokens);
    return OkStatus();
  }
  Search search(*this, text);
  for (size_t at = 0; at < text.size(); at = search.end()) {
    ASSIGN_OR_RETURN(const bool found, search.Next(at));
    if (!found) break;
    tokens.push_back(search.token());
  }
  return OkStatus();
}

void TokenPattern::FindStretches(std::string_view text,
                                 std::vector<std::string_view>& tokens) const {
  const CharClass& wanted = classes_[stretches_->char_class];
  const bool whole_words = stretches_->whole_words;
  for (size_t at = 0; at < text.size();) {
    size_t length = 0, begin = at;
    bool all_wanted = true;
    for (; at < text.size(); ++length) {
      const CodePoint c = CodePointAt(text, at);
      if (!(whole_words ? IsWord(c.value) : wanted.Contains(c.value))) break;
      all_wanted = all_wanted && (!whole_words || wanted.Contains(c.value));
      at += c.length;
    }
    if (length >= stretches_->min_length && all_wanted)
      tokens.push_back(text.substr(begin, at - begin));
    if (at < text.size() && length == 0) at += CodePointAt(text, at).length;
  }
}

}  // namespace slipway::terms
