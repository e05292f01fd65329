#pragma once
// For tests: what the command line and environment of another server come to.

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "cli/personality/personality.h"

namespace slipway::cli {

struct Case {
  std::string_view name;  // of the personality
  std::vector<std::string> words;
  server::Environment environment = {};
};

/// "path=text" of every setting, lists with commas; or the refusal.
inline std::vector<std::string> SettingsOf(const Case& given) {
  const auto translation =
      Translate(*FindPersonality(given.name), {given.words, given.environment});
  if (!translation.ok()) return {std::string(MessageOf(translation.status()))};
  std::vector<std::string> texts;
  for (const server::Setting& setting : translation->settings())
    texts.push_back(fmt::format("{}={}", setting.field->path, fmt::join(setting.value.texts, ",")));
  std::sort(texts.begin(), texts.end());
  return texts;
}

/// What the user is told; or the refusal.
inline std::vector<std::string> NotesOf(const Case& given) {
  const auto translation =
      Translate(*FindPersonality(given.name), {given.words, given.environment});
  return translation.ok() ? translation->notes()
                          : std::vector{std::string(MessageOf(translation.status()))};
}

}  // namespace slipway::cli
