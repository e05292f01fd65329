#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "base/nearest_word.h"
#include "server/config_sources.h"
#include "text/yaml_tree.h"

namespace slipway::server {
namespace {

/// Turns the tree into settings by the schema.
class Reader {
 public:
  Reader(std::string_view file, Settings& settings) : file_(file), settings_(settings) {}

  void Problem(YamlMark mark, std::string_view what) {
    settings_.problems.push_back(fmt::format("{}: {}", Place(mark), what));
  }

  void ReadDocument(const YamlNode& root) {
    if (root.kind == YamlNode::Kind::kNothing) return;
    if (root.kind != YamlNode::Kind::kMapping)
      return Problem(root.mark, fmt::format("expected `key: value` lines with {}", Choices("")));
    ReadMapping(root, "");
  }

 private:
  std::string Place(YamlMark mark) const { return mark.In(file_); }

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
  const auto document = ParseYaml(text, file);
  if (document.ok())
    reader.ReadDocument(*document);
  else
    settings.problems.emplace_back(MessageOf(document.status()));
  return settings;
}

}  // namespace slipway::server
