// The one file that compiles CLI11 (its headers cost seconds).
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <list>

#include "base/nearest_word.h"
#include "cli/program.h"

namespace slipway::cli {
namespace {

/// Where CLI11 puts what it read for one option.
struct Slot {
  const Option* option;
  CLI::Option* parsed;
  std::vector<std::string> texts;
  std::string flag;
};

void AddTo(CLI::App& app, const Option& option, Slot& slot) {
  const std::string names =
      option.short_name.empty() ? option.name : option.short_name + "," + option.name;
  slot.option = &option;
  if (option.is_switch()) {
    slot.parsed = app.add_flag(names, slot.flag);
    return;
  }
  slot.parsed = app.add_option(names, slot.texts);
  slot.parsed->type_size(1)->allow_extra_args(option.is_positional() && option.repeated);
  if (option.is_positional() && !option.repeated) slot.parsed->expected(1);
  if (!option.repeated) slot.parsed->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
}

std::string NameWithoutValue(std::string_view word) {
  return std::string(word.substr(0, word.find('=')));
}

Status UnknownWord(const Command& command, const std::string& word) {
  if (!word.starts_with('-') || word == "-")
    return Error(Reason::kBadRequest, "unexpected argument \"{}\"; see slipway {} --help", word,
                 command.name);
  std::vector<std::string_view> names;
  for (const Option& option : command.options)
    if (!option.is_positional()) names.push_back(option.name);
  const std::string name = NameWithoutValue(word);
  const std::string meant = DidYouMean(name, names);
  return Error(Reason::kBadRequest, "unknown option {}{}", name,
               meant.empty() ? fmt::format("; see slipway {} --help", command.name) : meant);
}

Status CheckWord(const Option& option, const std::string& text) {
  const bool known = option.words.empty() || std::find(option.words.begin(), option.words.end(),
                                                       text) != option.words.end();
  if (known) return OkStatus();
  const std::vector<std::string_view> words(option.words.begin(), option.words.end());
  return Error(Reason::kBadRequest, "{}: expected one of {}, got \"{}\"{}", option.name,
               fmt::join(words, ", "), text, DidYouMean(text, words));
}

/// An option that takes a value stands last, or before another option.
Status MissingValue(const Command& command, std::string_view text) {
  for (const Option& option : command.options)
    if (text.starts_with(option.name + ":"))
      return Error(Reason::kBadRequest, "{0} needs a value: {0} {1}", option.name,
                   option.value_name);
  return Error(Reason::kBadRequest, "{}; see slipway {} --help", text, command.name);
}

Status TakeValues(const Command& command, const std::list<Slot>& slots, Arguments::Values& values) {
  for (const Slot& slot : slots) {
    const Option& option = *slot.option;
    if (slot.parsed->count() == 0) {
      if (option.required)
        return Error(Reason::kBadRequest, "{} is missing, as in: {}", option.name, command.example);
      continue;
    }
    const auto texts = option.is_switch() ? std::vector<std::string>{slot.flag} : slot.texts;
    for (const std::string& text : texts) RETURN_IF_ERROR(CheckWord(option, text));
    values[option.name] = texts;
  }
  return OkStatus();
}

}  // namespace

StatusOr<ParsedCommand> ParseCommandLine(const Command& command,
                                         std::span<const std::string> words) {
  ParsedCommand parsed;
  try {
    CLI::App app;
    app.allow_extras();
    std::list<Slot> slots;
    for (const Option& option : command.options) AddTo(app, option, slots.emplace_back());
    std::vector<std::string> reversed(words.rbegin(), words.rend());  // as CLI11 wants them
    app.parse(std::move(reversed));
    if (const auto unknown = app.remaining(); !unknown.empty())
      return UnknownWord(command, unknown.front());
    RETURN_IF_ERROR(TakeValues(command, slots, parsed.values));
  } catch (const CLI::CallForHelp&) {
    parsed.help = true;
  } catch (const CLI::ArgumentMismatch& e) {
    return MissingValue(command, e.what());
  } catch (const CLI::Error& e) {
    return Error(Reason::kBadRequest, "{}; see slipway {} --help", e.what(), command.name);
  }
  return parsed;
}

}  // namespace slipway::cli
