// yaml-cpp is used for its events only: its own node tree resolves aliases and takes the last of
// two equal keys, and nobody here wants either.
#include "text/yaml_tree.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <optional>
#include <sstream>
#include <utility>

namespace slipway {
namespace {

constexpr size_t kMaxDepth = 8;
constexpr size_t kMaxNodes = 10'000;

YamlMark MarkAt(const YAML::Mark& mark) {
  return mark.is_null() ? YamlMark() : YamlMark{mark.line + 1, mark.column + 1};
}

/// Collects one document. Throws YAML::ParserException, which ends the parser's recursion.
class TreeBuilder final : public YAML::EventHandler {
 public:
  YamlNode& root() { return root_; }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Refuse(mark, anchor, "");
    Add({YamlNode::Kind::kNothing, MarkAt(mark), "", {}});
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    throw YAML::ParserException(mark, "an alias (*name) is not taken here, write the value");
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    Refuse(mark, anchor, tag);
    Add({YamlNode::Kind::kScalar, MarkAt(mark), value, {}});
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Open(YamlNode::Kind::kList, mark, tag, anchor);
  }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    Open(YamlNode::Kind::kMapping, mark, tag, anchor);
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapEnd() override { Close(); }

 private:
  static void Refuse(const YAML::Mark& mark, YAML::anchor_t anchor, const std::string& tag) {
    if (anchor != 0)
      throw YAML::ParserException(mark, "an anchor (&name) is not taken here, write the value");
    // "?" and "!" are the parser's own marks of plain and quoted text.
    if (!tag.empty() && tag != "?" && tag != "!")
      throw YAML::ParserException(mark, "a tag (" + tag + ") is not taken here");
  }
  void Open(YamlNode::Kind kind, const YAML::Mark& mark, const std::string& tag,
            YAML::anchor_t anchor) {
    Refuse(mark, anchor, tag);
    if (open_.size() == kMaxDepth)
      throw YAML::ParserException(mark, fmt::format("nested deeper than {}", kMaxDepth));
    open_.push_back({kind, MarkAt(mark), "", {}});
  }
  void Close() {
    YamlNode done = std::move(open_.back());
    open_.pop_back();
    Add(std::move(done));
  }
  void Add(YamlNode node) {
    if (++nodes_ > kMaxNodes)
      throw YAML::ParserException({}, fmt::format("more than {} values", kMaxNodes));
    if (open_.empty())
      root_ = std::move(node);
    else
      open_.back().items.push_back(std::move(node));
  }

  YamlNode root_;
  std::vector<YamlNode> open_;
  size_t nodes_ = 0;
};

Status ErrorAt(std::string_view file, YamlMark mark, std::string_view what) {
  return Error(Reason::kBadRequest, "{}: {}", mark.In(file), what);
}

/// The first tab that stands where a line is indented.
std::optional<YamlMark> FindTab(std::string_view text) {
  for (int line = 1; !text.empty(); ++line) {
    const size_t begin = text.find_first_not_of(' ');
    if (begin != text.npos && text[begin] == '\t')
      return YamlMark{line, static_cast<int>(begin) + 1};
    text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
  }
  return std::nullopt;
}

/// What was expected, where the parser says what it met.
std::string_view ExpectedFor(std::string_view message) {
  namespace said = YAML::ErrorMsg;
  static const std::pair<const char*, std::string_view> kExpected[] = {
      {said::END_OF_MAP, "expected `key: value`, indented as the lines before"},
      {said::END_OF_MAP_FLOW, "expected `}` or `, key: value`"},
      {said::END_OF_SEQ_FLOW, "expected `]` or `, value`"},
      {said::MAP_VALUE, "expected one `key: value` a line; text that holds `: ` stands in quotes"},
      {said::TAB_IN_INDENTATION, "expected spaces, got a tab"},
  };
  for (const auto& [met, expected] : kExpected)
    if (message == met) return expected;
  return message;
}

/// A tab that indents is found first: the parser complains of what follows from it.
Status SyntaxError(std::string_view text, std::string_view file, const YAML::Exception& e) {
  const std::string_view expected = ExpectedFor(e.msg);
  const auto tab = expected == e.msg ? std::nullopt : FindTab(text);
  if (tab) return ErrorAt(file, *tab, "expected spaces, got a tab");
  return ErrorAt(file, MarkAt(e.mark), expected);
}

}  // namespace

std::string YamlMark::In(std::string_view file) const {
  return line == 0 ? std::string(file) : fmt::format("{}:{}:{}", file, line, column);
}

const YamlNode* YamlNode::Find(std::string_view key) const {
  if (kind != Kind::kMapping) return nullptr;
  for (size_t i = 0; i + 1 < items.size(); i += 2)
    if (items[i].kind == Kind::kScalar && items[i].text == key) return &items[i + 1];
  return nullptr;
}

StatusOr<YamlNode> ParseYaml(std::string_view text, std::string_view file) {
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    TreeBuilder document, further;
    if (!parser.HandleNextDocument(document)) return YamlNode();
    if (parser.HandleNextDocument(further) && further.root().kind != YamlNode::Kind::kNothing)
      return ErrorAt(file, further.root().mark, "expected one document, got a second");
    return std::move(document.root());
  } catch (const YAML::Exception& e) {
    return SyntaxError(text, file, e);
  } catch (const std::exception& e) {
    return ErrorAt(file, {}, e.what());
  }
}

}  // namespace slipway
