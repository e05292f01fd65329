#include "base/nearest_word.h"
#include "server/config_sources.h"

extern char** environ;

namespace slipway::server {
namespace {

constexpr std::string_view kPrefix = "SLIPWAY_";
constexpr std::string_view kConfigVariable = "SLIPWAY_CONFIG";
constexpr std::string_view kAsVariable = "SLIPWAY_AS";
constexpr std::string_view kTestPrefix = "SLIPWAY_TEST_";

std::vector<std::string> SplitAtCommas(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const size_t comma = std::min(text.find(','), text.size());
    if (comma > 0) parts.emplace_back(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return parts;
}

const Field* FindVariable(std::string_view name) {
  for (const Field& field : Schema())
    if (field.variable() == name) return &field;
  return nullptr;
}

std::string UnknownVariable(std::string_view name) {
  std::vector<std::string> names{std::string(kConfigVariable), std::string(kAsVariable)};
  for (const Field& field : Schema()) names.push_back(field.variable());
  const std::vector<std::string_view> words(names.begin(), names.end());
  return fmt::format("environment: unknown variable {}{}", name, DidYouMean(name, words));
}

}  // namespace

Environment ReadProcessEnvironment() {
  Environment environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const size_t equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return environment;
}

std::string LookUp(const Environment& environment, std::string_view name) {
  const auto found = environment.find(name);
  return found == environment.end() ? "" : found->second;
}

Settings ReadEnvironment(const Environment& environment) {
  Settings settings;
  for (const auto& [name, text] : environment) {
    if (!name.starts_with(kPrefix) || name == kConfigVariable || name == kAsVariable ||
        name.starts_with(kTestPrefix))
      continue;
    const Field* field = FindVariable(name);
    if (field == nullptr) {
      settings.problems.push_back(UnknownVariable(name));
      continue;
    }
    const bool is_list = std::holds_alternative<ListField>(field->type);
    WrittenValue value{is_list ? SplitAtCommas(text) : std::vector<std::string>{text}, is_list};
    settings.values.push_back({field, std::move(value), Source::kEnvironment, name});
  }
  return settings;
}

}  // namespace slipway::server
