#pragma once
// From the text of a token pattern to its program.

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "terms/token_pattern.h"

namespace slipway::terms {

/// Parses into a tree, then writes the tree as instructions. Used once.
class PatternCompiler {
 public:
  explicit PatternCompiler(std::string_view pattern) : pattern_(pattern) {}
  StatusOr<TokenPattern> Run();

 private:
  using Assertion = TokenPattern::Assertion;
  enum class Kind : uint8_t { kClass, kAssert, kSequence, kAlternatives, kRepeat, kCapture };
  static constexpr int kUnbounded = -1;
  struct Node {
    Kind kind;
    std::vector<int> children = {};  // in nodes_
    int char_class = -1;             // kClass, kAssert
    Assertion assertion = {};
    int min = 0, max = 0;  // kRepeat
    bool lazy = false;
    bool may_be_empty = false;
  };

  Status ReadFlags();
  StatusOr<int> ReadAlternatives(int depth);
  StatusOr<int> ReadSequence(int depth);
  StatusOr<int> ReadItem(int depth);
  StatusOr<int> ReadRepeats(int item);
  StatusOr<int> ReadGroup(int depth);
  StatusOr<int> ReadLookAround(Assertion assertion);
  StatusOr<int> ReadEscape();
  StatusOr<int> ReadClass();
  Status ReadClassItem(CharClass& set);
  StatusOr<char32_t> ReadEscapedCharacter();
  StatusOr<char32_t> ReadHexadecimal(int digits);
  bool ReadBounds(int& min, int& max);

  StatusOr<int> AddClass(CharClass set);
  StatusOr<int> AddCharacter(char32_t c);
  int AddAssertion(Assertion assertion, int char_class = -1);
  int AddNode(Node node);

  Status Write(int node);
  Status WriteAlternatives(const Node& node);
  Status WriteRepeat(const Node& node);
  int Append(TokenPattern::Instruction instruction);
  void FindStretches(int root);
  bool AddToStretches(const Node& node, TokenPattern::Stretches& stretches, bool& unbounded) const;

  bool AtEnd() const { return at_ >= pattern_.size(); }
  char32_t Peek() const { return CodePointAt(pattern_, at_).value; }
  char32_t Take();
  bool Skip(std::string_view text);
  Status Unsupported(std::string_view what) const;
  Status Bad(std::string_view what) const;

  const std::string_view pattern_;
  size_t at_ = 0;
  bool ignore_case_ = false;
  std::vector<Node> nodes_;
  TokenPattern result_;
};

}  // namespace slipway::terms
