// yaml-cpp is used for its events only: its own node tree resolves aliases and takes the last of
// two equal keys, and a configuration wants neither.
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <sstream>

#include "base/nearest_word.h"
#include "server/config_sources.h"

namespace slipway::server {
namespace {

constexpr size_t kMaxDepth = 8;
constexpr size_t kMaxNodes = 10'000;

struct YamlNode {
  enum class Kind { kNothing, kScalar, kList, kMapping } kind = Kind::kNothing;
  YAML::Mark mark;
  std::string text;             // kScalar
  std::vector<YamlNode> items;  // kMapping: key, value, key, value, …
};

/// Collects one document. Throws YAML::ParserException, which ends the parser's recursion.
class TreeBuilder final : public YAML::EventHandler {
 public:
  YamlNode& root() { return root_; }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Refuse(mark, anchor, "");
    Add({YamlNode::Kind::kNothing, mark, "", {}});
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    throw YAML::ParserException(mark, "an alias (*name) is not taken here, write the value");
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    Refuse(mark, anchor, tag);
    Add({YamlNode::Kind::kScalar, mark, value, {}});
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
    open_.push_back({kind, mark, "", {}});
  }
  void Close() {
    YamlNode done = std::move(open_.back());
    open_.pop_back();
    Add(std::move(done));
  }
  void Add(YamlNode node) {
    if (++nodes_ > kMaxNodes)
      throw YAML::ParserException(node.mark, fmt::format("more than {} values", kMaxNodes));
    if (open_.empty())
      root_ = std::move(node);
    else
      open_.back().items.push_back(std::move(node));
  }

  YamlNode root_;
  std::vector<YamlNode> open_;
  size_t nodes_ = 0;
};

/// Turns the tree into settings by the schema.
class Reader {
 public:
  Reader(std::string_view file, Settings& settings) : file_(file), settings_(settings) {}

  void Problem(const YAML::Mark& mark, std::string_view what) {
    settings_.problems.push_back(fmt::format("{}: {}", Place(mark), what));
  }

  void ReadDocument(const YamlNode& root) {
    if (root.kind == YamlNode::Kind::kNothing) return;
    if (root.kind != YamlNode::Kind::kMapping)
      return Problem(root.mark, fmt::format("expected `key: value` lines with {}", Choices("")));
    ReadMapping(root, "");
  }

 private:
  std::string Place(const YAML::Mark& mark) const {
    if (mark.is_null()) return std::string(file_);
    return fmt::format("{}:{}:{}", file_, mark.line + 1, mark.column + 1);
  }

  void ReadMapping(const YamlNode& mapping, std::string_view section) {
    std::set<std::string_view> seen;
    for (size_t i = 0; i + 1 < mapping.items.size(); i += 2) {
      const YamlNode& key = mapping.items[i];
      if (key.kind != YamlNode::Kind::kScalar)
        Problem(key.mark, fmt::format("expected a key, one of {}", Choices(section)));
      else if (!seen.insert(key.text).second)
        Problem(key.mark, fmt::format("\"{}\" is set twice", key.text));
      else
        ReadEntry(key, mapping.items[i + 1], section);
    }
  }

  void ReadEntry(const YamlNode& key, const YamlNode& value, std::string_view section) {
    const bool dotted = key.text.find('.') != std::string::npos;
    const std::string path = section.empty() ? key.text : fmt::format("{}.{}", section, key.text);
    if (const Field* field = dotted ? nullptr : FindField(path))
      return ReadValue(*field, key, value);
    const auto sections = Sections();
    const bool is_section =
        section.empty() && std::find(sections.begin(), sections.end(), key.text) != sections.end();
    if (!is_section) return Problem(key.mark, Unknown(key.text, section));
    if (value.kind == YamlNode::Kind::kNothing) return;
    if (value.kind != YamlNode::Kind::kMapping)
      return Problem(value.mark, fmt::format("\"{}\": expected a section with {}", key.text,
                                             Choices(key.text)));
    ReadMapping(value, key.text);
  }

  void ReadValue(const Field& field, const YamlNode& key, const YamlNode& value) {
    const bool is_nothing = value.kind == YamlNode::Kind::kNothing;  // its mark is past the line
    const auto expected = [&](std::string_view got) {
      Problem(is_nothing ? key.mark : value.mark,
              fmt::format("\"{}\": expected {}, got {}", field.path, field.type_name(), got));
    };
    WrittenValue written;
    switch (value.kind) {
      case YamlNode::Kind::kNothing:
        return expected("nothing");
      case YamlNode::Kind::kMapping:
        return expected("a mapping");
      case YamlNode::Kind::kScalar:
        written.texts.push_back(value.text);
        break;
      case YamlNode::Kind::kList:
        written.is_list = true;
        for (const YamlNode& item : value.items) {
          if (item.kind != YamlNode::Kind::kScalar)
            return Problem(item.mark,
                           fmt::format("\"{}\": expected a text in the list", field.path));
          written.texts.push_back(item.text);
        }
    }
    settings_.values.push_back({&field, std::move(written), Source::kFile, Place(value.mark)});
  }

  /// Keys that may stand in a section; "" is the top.
  static std::vector<std::string_view> Keys(std::string_view section) {
    std::vector<std::string_view> keys;
    if (section.empty()) keys.assign(Sections().begin(), Sections().end());
    for (const Field& field : Schema()) {
      const size_t dot = field.path.find('.');
      if (section.empty() ? dot == std::string_view::npos : field.path.substr(0, dot) == section)
        keys.push_back(field.path.substr(dot + 1));
    }
    return keys;
  }
  static std::string Choices(std::string_view section) {
    return fmt::format("{}", fmt::join(Keys(section), ", "));
  }

  static std::string Unknown(std::string_view key, std::string_view section) {
    const std::string where = section.empty() ? "" : fmt::format(" in \"{}\"", section);
    const std::string message = fmt::format("unknown key \"{}\"{}", key, where);
    if (const Field* field = FindField(key); field != nullptr && section.empty()) {
      const size_t dot = key.find('.');
      return fmt::format("{}; write \"{}\" inside \"{}\"", message, key.substr(dot + 1),
                         key.substr(0, dot));
    }
    if (const auto nearest = NearestWord(key, Keys(section)))
      return fmt::format("{}; did you mean \"{}\"?", message, *nearest);
    // Right word, wrong place: "max_body" at the top stands in "limits".
    for (const Field& field : Schema())
      if (field.path.ends_with(key) && field.path.size() > key.size() &&
          field.path[field.path.size() - key.size() - 1] == '.')
        return fmt::format("{}; did you mean \"{}\"?", message, field.path);
    return fmt::format("{}; expected one of {}", message, Choices(section));
  }

  std::string_view file_;
  Settings& settings_;
};

}  // namespace

Settings ReadYaml(std::string_view text, std::string_view file) {
  Settings settings;
  Reader reader(file, settings);
  if (text.size() > kMaxConfigBytes) {
    settings.problems.push_back(
        fmt::format("{}: expected at most {} bytes, got {}", file, kMaxConfigBytes, text.size()));
    return settings;
  }
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    TreeBuilder document, further;
    if (!parser.HandleNextDocument(document)) return settings;
    reader.ReadDocument(document.root());
    if (parser.HandleNextDocument(further) && further.root().kind != YamlNode::Kind::kNothing)
      reader.Problem(further.root().mark, "expected one document, got a second");
  } catch (const YAML::Exception& e) {
    reader.Problem(e.mark, e.msg);
  } catch (const std::exception& e) {
    reader.Problem(YAML::Mark::null_mark(), e.what());
  }
  return settings;
}

}  // namespace slipway::server
