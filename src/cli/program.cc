#include "cli/program.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "base/log.h"
#include "base/nearest_word.h"
#include "server/version.h"

namespace slipway::cli {
namespace {

void Print(std::FILE* to, std::string_view text) { std::fwrite(text.data(), 1, text.size(), to); }

const Command* FindCommand(std::span<const Command> commands, std::string_view name) {
  for (const Command& command : commands)
    if (command.name == name) return &command;
  return nullptr;
}

int UnknownVerb(std::string_view group, std::string_view verb,
                const std::vector<std::string>& verbs) {
  const std::string meant =
      DidYouMean(verb, std::vector<std::string_view>(verbs.begin(), verbs.end()));
  Print(stderr,
        fmt::format(
            "slipway: unknown command \"{0} {1}\"{2}\n", group, verb,
            meant.empty() ? fmt::format(": {} knows {}.", group, fmt::join(verbs, ", ")) : meant));
  return kBadUsage;
}

int UnknownCommand(std::span<const Command> commands, std::string_view name) {
  const size_t space = std::min(name.find(' '), name.size());
  if (const auto verbs = VerbsOf(commands, name.substr(0, space)); !verbs.empty())
    return UnknownVerb(name.substr(0, space), name.substr(space + 1), verbs);
  std::vector<std::string_view> names;
  for (const Command& command : commands)
    if (!command.hidden) names.push_back(command.name);
  const bool is_option = name.starts_with('-');
  Print(stderr,
        fmt::format("slipway: unknown {} \"{}\"{} Run slipway --help for the list.\n",
                    is_option ? "option" : "command", name,
                    is_option || !NearestWord(name, names) ? "." : DidYouMean(name, names)));
  return kBadUsage;
}

int RunCommand(const Command& command, std::span<const std::string> words) {
  const StatusOr<ParsedCommand> parsed = ParseCommandLine(command, words);
  if (!parsed.ok()) return Fail(command.name, parsed.status(), /*usage=*/true);
  if (parsed->help) {
    Print(stdout, HelpOf(command));
    return kDone;
  }
  // Their result or their one sentence says it all; what the rooms log is for who runs a server.
  if (command.name != "serve") log::SetLevel(log::Level::kError);
  return command.run(Arguments(parsed->values));
}

bool IsHelp(std::string_view word) { return word == "--help" || word == "-h" || word == "help"; }

/// A group's verb is part of its command's name.
void JoinVerb(std::span<const Command> commands, std::string& name,
              std::vector<std::string>& words) {
  if (words.empty() || IsHelp(words.front()) || VerbsOf(commands, name).empty()) return;
  name += " " + words.front();
  words.erase(words.begin());
}

}  // namespace

std::string_view GroupOf(const Command& command) {
  const size_t space = command.name.find(' ');
  return space == std::string::npos ? std::string_view()
                                    : std::string_view(command.name).substr(0, space);
}

std::vector<std::string> VerbsOf(std::span<const Command> commands, std::string_view group) {
  std::vector<std::string> verbs;
  if (group.empty()) return verbs;
  for (const Command& command : commands)
    if (!command.hidden && GroupOf(command) == group)
      verbs.push_back(command.name.substr(group.size() + 1));
  return verbs;
}

int RunProgram(std::span<const Command> commands, int argc, const char* const* argv) {
  std::vector<std::string> words(argv + (argc > 0 ? 1 : 0), argv + argc);
  if (words.empty()) {
    Print(stderr, HelpOf(commands));
    return kBadUsage;
  }
  std::string name = words.front();
  words.erase(words.begin());
  if (name == "help" && !words.empty()) {
    name = words.front();
    words.erase(words.begin());
    JoinVerb(commands, name, words);
    words = {"--help"};
  } else {
    JoinVerb(commands, name, words);
  }
  if (IsHelp(name)) {
    Print(stdout, HelpOf(commands));
    return kDone;
  }
  if (!VerbsOf(commands, name).empty()) {  // a group without a verb
    Print(words.empty() ? stderr : stdout, HelpOf(commands, name));
    return words.empty() ? kBadUsage : kDone;
  }
  if (name == "--version") name = "version";
  const Command* command = FindCommand(commands, name);
  return command == nullptr ? UnknownCommand(commands, name) : RunCommand(*command, words);
}

}  // namespace slipway::cli
