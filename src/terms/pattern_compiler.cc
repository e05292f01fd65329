#include "terms/pattern_compiler.h"

#include <algorithm>
#include <span>

#include "base/utf8.h"

namespace slipway::terms {
namespace {

constexpr size_t kMaxPattern = 1000;  // bytes
constexpr int kMaxDepth = 16;
constexpr size_t kMaxInstructions = 2000;
constexpr int kMaxRepeat = 1000;

bool IsAsciiLetterOrDigit(char32_t c) { return c < 128 && c != '_' && IsWord(c); }

int HexDigit(char32_t c) {
  if (c >= '0' && c <= '9') return static_cast<int>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<int>(c - 'a') + 10;
  if (c >= 'A' && c <= 'F') return static_cast<int>(c - 'A') + 10;
  return -1;
}

}  // namespace

StatusOr<TokenPattern> TokenPattern::Parse(std::string_view pattern) {
  return PatternCompiler(pattern).Run();
}

StatusOr<TokenPattern> PatternCompiler::Run() {
  if (pattern_.size() > kMaxPattern)
    return Error(Reason::kUnsupported, "token pattern of {} bytes: at most {} are read",
                 pattern_.size(), kMaxPattern);
  if (!IsValidUtf8(pattern_)) return MakeError(Reason::kBadModel, "token pattern is not UTF-8");
  RETURN_IF_ERROR(ReadFlags());
  ASSIGN_OR_RETURN(const int root, ReadAlternatives(0));
  if (!AtEnd()) return Bad("expected no ) without its (");
  if (nodes_[root].may_be_empty) return Unsupported("tokens that may be empty are not read");
  RETURN_IF_ERROR(Write(root));
  Append({.op = TokenPattern::Op::kMatch});
  if (!result_.captures_) FindStretches(root);
  return std::move(result_);
}

Status PatternCompiler::ReadFlags() {
  if (!pattern_.starts_with("(?") || pattern_.size() < 3 || !IsAsciiLetterOrDigit(pattern_[2]) ||
      pattern_[2] == 'P')
    return OkStatus();
  for (at_ = 2; !AtEnd() && Peek() != ')'; Take()) {
    if (Peek() == 'i') {
      ignore_case_ = true;
    } else if (Peek() != 'u') {
      return Unsupported("of flags, only u and i are read, for the whole pattern");
    }
  }
  return Skip(")") ? OkStatus() : Bad("expected ) behind flags");
}

StatusOr<int> PatternCompiler::ReadAlternatives(int depth) {
  if (depth > kMaxDepth) return Unsupported("groups nest deeper than 16");
  Node node{.kind = Kind::kAlternatives};
  do {
    ASSIGN_OR_RETURN(const int child, ReadSequence(depth));
    node.children.push_back(child);
    node.may_be_empty = node.may_be_empty || nodes_[child].may_be_empty;
  } while (Skip("|"));
  return node.children.size() == 1 ? node.children.front() : AddNode(std::move(node));
}

StatusOr<int> PatternCompiler::ReadSequence(int depth) {
  Node node{.kind = Kind::kSequence, .may_be_empty = true};
  while (!AtEnd() && Peek() != '|' && Peek() != ')') {
    ASSIGN_OR_RETURN(const int item, ReadItem(depth));
    ASSIGN_OR_RETURN(const int repeated, ReadRepeats(item));
    node.children.push_back(repeated);
    node.may_be_empty = node.may_be_empty && nodes_[repeated].may_be_empty;
  }
  return AddNode(std::move(node));
}

StatusOr<int> PatternCompiler::ReadItem(int depth) {
  const char32_t c = Take();
  switch (c) {
    case '(':
      return ReadGroup(depth);
    case '[':
      return ReadClass();
    case '\\':
      return ReadEscape();
    case '^':
      return AddAssertion(Assertion::kStart);
    case '$':
      return AddAssertion(Assertion::kEndOrLastNewline);
    case '*':
    case '+':
    case '?':
      return Bad("expected something to repeat");
    case '.': {
      CharClass any;
      any.AddAllButNewline();
      ASSIGN_OR_RETURN(const int char_class, AddClass(std::move(any)));
      return AddNode({.kind = Kind::kClass, .char_class = char_class});
    }
    default:
      return AddCharacter(c);
  }
}

StatusOr<int> PatternCompiler::ReadRepeats(int item) {
  Node node{.kind = Kind::kRepeat, .children = {item}, .max = kUnbounded};
  if (Skip("+")) {
    node.min = 1;
  } else if (Skip("?")) {
    node.max = 1;
  } else if (!Skip("*") && !ReadBounds(node.min, node.max)) {
    return item;
  }
  if (node.min > kMaxRepeat || node.max > kMaxRepeat)
    return Unsupported("more than 1,000 repeats are not read");
  if (node.max != kUnbounded && node.max < node.min) return Bad("expected {m,n} with m <= n");
  if (nodes_[item].may_be_empty) return Unsupported("repeats of what may be empty are not read");
  node.lazy = Skip("?");
  if (!AtEnd() && (Peek() == '*' || Peek() == '+'))
    return Unsupported("possessive repeats are not read");
  node.may_be_empty = node.min == 0;
  return AddNode(std::move(node));
}

/// {m} {m,} {,n} {m,n}; anything else leaves the { a character, as in Python.
bool PatternCompiler::ReadBounds(int& min, int& max) {
  const size_t start = at_;
  const auto number = [&](int& value) {
    const size_t first = at_;
    for (value = 0; !AtEnd() && Peek() >= '0' && Peek() <= '9';)
      value = std::min(value * 10 + static_cast<int>(Take() - '0'), kMaxRepeat + 1);
    return at_ > first;
  };
  if (Skip("{")) {
    const bool has_min = number(min);
    const bool has_comma = Skip(",");
    if (has_comma) {
      if (!number(max)) max = kUnbounded;
    } else {
      max = min;
    }
    if ((has_min || has_comma) && Skip("}")) return true;
  }
  at_ = start;
  return false;
}

StatusOr<int> PatternCompiler::ReadGroup(int depth) {
  if (Skip("?=")) return ReadLookAround(Assertion::kAhead);
  if (Skip("?!")) return ReadLookAround(Assertion::kNotAhead);
  if (Skip("?<=")) return ReadLookAround(Assertion::kBehind);
  if (Skip("?<!")) return ReadLookAround(Assertion::kNotBehind);
  const bool captures = !Skip("?:");
  if (captures && Skip("?P<")) {
    while (!AtEnd() && IsWord(Peek())) Take();
    if (!Skip(">")) return Bad("expected > behind a name");
  }
  if (captures && !AtEnd() && Peek() == '?')
    return Unsupported("of groups, only (?:…), (?P<name>…), (?=c), (?!c), (?<=c), (?<!c) are read");
  if (captures && result_.captures_)
    return Bad("expected at most one capturing group, as scikit-learn does");
  result_.captures_ = result_.captures_ || captures;
  ASSIGN_OR_RETURN(const int inside, ReadAlternatives(depth + 1));
  if (!Skip(")")) return Bad("expected a ) for each (");
  if (!captures) return inside;
  return AddNode(
      {.kind = Kind::kCapture, .children = {inside}, .may_be_empty = nodes_[inside].may_be_empty});
}

/// Of one character.
StatusOr<int> PatternCompiler::ReadLookAround(Assertion assertion) {
  const size_t first = nodes_.size();
  if (AtEnd()) return Bad("expected a ) for each (");
  ASSIGN_OR_RETURN(const int item, ReadItem(kMaxDepth));
  const bool ahead = assertion == Assertion::kAhead || assertion == Assertion::kNotAhead;
  if (ahead) Skip("+");  // more of the same say nothing more
  if (nodes_[item].kind != Kind::kClass || nodes_.size() != first + 1 || !Skip(")"))
    return Unsupported("looking ahead or behind is read for one character or class alone");
  return AddAssertion(assertion, nodes_[item].char_class);
}

StatusOr<int> PatternCompiler::ReadEscape() {
  if (Skip("b")) return AddAssertion(Assertion::kWordBoundary);
  if (Skip("B")) return AddAssertion(Assertion::kNotWordBoundary);
  if (Skip("A")) return AddAssertion(Assertion::kStart);
  if (Skip("Z")) return AddAssertion(Assertion::kEnd);
  CharClass set;
  if (!AtEnd() && set.AddEscape(Peek())) {
    Take();
    ASSIGN_OR_RETURN(const int char_class, AddClass(std::move(set)));
    return AddNode({.kind = Kind::kClass, .char_class = char_class});
  }
  ASSIGN_OR_RETURN(const char32_t c, ReadEscapedCharacter());
  return AddCharacter(c);
}

StatusOr<char32_t> PatternCompiler::ReadEscapedCharacter() {
  if (AtEnd()) return Bad("expected a character behind \\");
  const char32_t c = Take();
  switch (c) {
    case 'a':
      return U'\a';
    case 'f':
      return U'\f';
    case 'n':
      return U'\n';
    case 'r':
      return U'\r';
    case 't':
      return U'\t';
    case 'v':
      return U'\v';
    case 'x':
      return ReadHexadecimal(2);
    case 'u':
      return ReadHexadecimal(4);
    case 'U':
      return ReadHexadecimal(8);
    default:
      if (IsAsciiLetterOrDigit(c))
        return Unsupported("this escape is not read (\\w \\d \\s \\b and their complements are)");
      return c;
  }
}

StatusOr<char32_t> PatternCompiler::ReadHexadecimal(int digits) {
  uint64_t value = 0;
  for (int i = 0; i < digits; ++i) {
    const int digit = AtEnd() ? -1 : HexDigit(Take());
    if (digit < 0) return Bad("expected hexadecimal digits");
    value = value * 16 + static_cast<uint64_t>(digit);
  }
  if (value > 0x10FFFF || (value >= 0xD800 && value < 0xE000))
    return Unsupported("this is no character");
  return static_cast<char32_t>(value);
}

StatusOr<int> PatternCompiler::ReadClass() {
  CharClass set;
  const bool negated = Skip("^");
  for (bool first = true; first || !Skip("]"); first = false) {
    if (AtEnd()) return Bad("expected a ] for each [");
    RETURN_IF_ERROR(ReadClassItem(set));
  }
  if (negated) set.Negate();
  ASSIGN_OR_RETURN(const int char_class, AddClass(std::move(set)));
  return AddNode({.kind = Kind::kClass, .char_class = char_class});
}

/// A character, a range or an escape inside [ ].
Status PatternCompiler::ReadClassItem(CharClass& set) {
  const auto character = [&]() -> StatusOr<char32_t> {
    if (AtEnd()) return Bad("expected a ] for each [");
    if (Skip("\\b")) return U'\b';
    if (Skip("\\")) return ReadEscapedCharacter();
    return Take();
  };
  if (Peek() == '\\' && at_ + 1 < pattern_.size() &&
      set.AddEscape(static_cast<unsigned char>(pattern_[at_ + 1]))) {
    at_ += 2;
    return OkStatus();
  }
  ASSIGN_OR_RETURN(const char32_t first, character());
  char32_t last = first;
  const std::string_view rest = pattern_.substr(at_);
  if (rest.size() > 1 && rest[0] == '-' && rest[1] != ']') {
    Take();
    ASSIGN_OR_RETURN(last, character());
    if (last < first) return Bad("expected a range from less to more");
  }
  set.AddRange(first, last);
  return OkStatus();
}

StatusOr<int> PatternCompiler::AddClass(CharClass set) {
  if (ignore_case_ && !set.IgnoreCase())
    return Unsupported("with the flag i, only characters of ASCII are read");
  set.Settle();
  auto& classes = result_.classes_;
  const auto found = std::ranges::find(classes, set);
  if (found != classes.end()) return static_cast<int>(found - classes.begin());
  classes.push_back(std::move(set));
  return static_cast<int>(classes.size()) - 1;
}

StatusOr<int> PatternCompiler::AddCharacter(char32_t c) {
  CharClass set;
  set.AddRange(c, c);
  ASSIGN_OR_RETURN(const int char_class, AddClass(std::move(set)));
  return AddNode({.kind = Kind::kClass, .char_class = char_class});
}

int PatternCompiler::AddAssertion(Assertion assertion, int char_class) {
  return AddNode({.kind = Kind::kAssert,
                  .char_class = char_class,
                  .assertion = assertion,
                  .may_be_empty = true});
}

int PatternCompiler::AddNode(Node node) {
  nodes_.push_back(std::move(node));
  return static_cast<int>(nodes_.size()) - 1;
}

/// Depth is that of the groups, which is bounded.
Status PatternCompiler::Write(int index) {
  using Op = TokenPattern::Op;
  if (result_.program_.size() > kMaxInstructions)
    return Unsupported("more than 2,000 instructions are not read");
  const Node& node = nodes_[index];
  switch (node.kind) {
    case Kind::kClass:
      Append({.op = Op::kClass, .first = node.char_class});
      return OkStatus();
    case Kind::kAssert:
      Append({.op = Op::kAssert, .assertion = node.assertion, .first = node.char_class});
      return OkStatus();
    case Kind::kSequence:
      for (const int child : node.children) RETURN_IF_ERROR(Write(child));
      return OkStatus();
    case Kind::kAlternatives:
      return WriteAlternatives(node);
    case Kind::kRepeat:
      return WriteRepeat(node);
    case Kind::kCapture:
      Append({.op = Op::kSave, .first = 0});
      RETURN_IF_ERROR(Write(node.children.front()));
      Append({.op = Op::kSave, .first = 1});
      return OkStatus();
  }
  return OkStatus();
}

Status PatternCompiler::WriteAlternatives(const Node& node) {
  using Op = TokenPattern::Op;
  std::vector<int> jumps;
  for (size_t i = 0; i < node.children.size(); ++i) {
    const bool last = i + 1 == node.children.size();
    const int split = last ? -1 : Append({.op = Op::kSplit});
    if (!last) result_.program_[split].first = split + 1;
    RETURN_IF_ERROR(Write(node.children[i]));
    if (last) break;
    jumps.push_back(Append({.op = Op::kJump}));
    result_.program_[split].second = jumps.back() + 1;
  }
  for (const int jump : jumps)
    result_.program_[jump].first = static_cast<int>(result_.program_.size());
  return OkStatus();
}

/// The body `min` times; then a loop, or up to `max` that may each be the last.
Status PatternCompiler::WriteRepeat(const Node& node) {
  using Op = TokenPattern::Op;
  const int body = node.children.front();
  for (int i = 0; i < node.min; ++i) RETURN_IF_ERROR(Write(body));
  const auto set_targets = [&](int split, int inside, int outside) {
    result_.program_[split].first = node.lazy ? outside : inside;
    result_.program_[split].second = node.lazy ? inside : outside;
  };
  if (node.max == kUnbounded) {
    const int split = Append({.op = Op::kSplit});
    RETURN_IF_ERROR(Write(body));
    const int back = Append({.op = Op::kJump, .first = split});
    set_targets(split, split + 1, back + 1);
    return OkStatus();
  }
  std::vector<int> splits;
  for (int i = node.min; i < node.max; ++i) {
    splits.push_back(Append({.op = Op::kSplit}));
    RETURN_IF_ERROR(Write(body));
  }
  for (const int split : splits)
    set_targets(split, split + 1, static_cast<int>(result_.program_.size()));
  return OkStatus();
}

int PatternCompiler::Append(TokenPattern::Instruction instruction) {
  result_.program_.push_back(instruction);
  return static_cast<int>(result_.program_.size()) - 1;
}

/// Adds what a node asks of a stretch of one class; false when it asks for something else.
bool PatternCompiler::AddToStretches(const Node& node, TokenPattern::Stretches& stretches,
                                     bool& unbounded) const {
  const bool repeats = node.kind == Kind::kRepeat;
  const Node& body = repeats ? nodes_[node.children.front()] : node;
  if (body.kind != Kind::kClass || node.lazy || (repeats && node.max != kUnbounded)) return false;
  if (stretches.char_class >= 0 && stretches.char_class != body.char_class) return false;
  stretches.char_class = body.char_class;
  stretches.min_length += repeats ? static_cast<size_t>(node.min) : 1;
  unbounded = unbounded || repeats;
  return true;
}

/// Recognises C+ of a class C, and \bC+\b of one within \w. There a stretch of C that does not end
/// where its word ends has no shorter match either, for no boundary lies inside it; where C is \w,
/// boundaries say nothing.
void PatternCompiler::FindStretches(int root) {
  if (nodes_[root].kind != Kind::kSequence) return;
  TokenPattern::Stretches stretches{.char_class = -1, .min_length = 0, .whole_words = false};
  const auto is_boundary = [&](int child) {
    return nodes_[child].kind == Kind::kAssert &&
           nodes_[child].assertion == Assertion::kWordBoundary;
  };
  std::span<const int> children = nodes_[root].children;
  const bool starts = !children.empty() && is_boundary(children.front());
  const bool ends = !children.empty() && is_boundary(children.back());
  if (starts) children = children.subspan(1);
  if (ends && !children.empty()) children = children.first(children.size() - 1);
  bool unbounded = false;
  for (const int child : children)
    if (!AddToStretches(nodes_[child], stretches, unbounded)) return;
  if (!unbounded || stretches.min_length == 0) return;
  const CharClass& wanted = result_.classes_[stretches.char_class];
  stretches.whole_words = (starts || ends) && !wanted.IsAllOfWord();
  if (stretches.whole_words && !(starts && ends && wanted.IsWithinWord())) return;
  result_.stretches_ = stretches;
}

char32_t PatternCompiler::Take() {
  const CodePoint c = CodePointAt(pattern_, at_);
  at_ += c.length;
  return c.value;
}

bool PatternCompiler::Skip(std::string_view text) {
  if (!pattern_.substr(at_).starts_with(text)) return false;
  at_ += text.size();
  return true;
}

Status PatternCompiler::Unsupported(std::string_view what) const {
  return Error(Reason::kUnsupported, "token pattern \"{}\", byte {}: {}", pattern_, at_, what);
}

Status PatternCompiler::Bad(std::string_view what) const {
  return Error(Reason::kBadModel, "token pattern \"{}\", byte {}: {}", pattern_, at_, what);
}

}  // namespace slipway::terms
