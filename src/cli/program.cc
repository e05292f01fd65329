#include "cli/program.h"

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

int UnknownCommand(std::span<const Command> commands, std::string_view name) {
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

}  // namespace

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
    words = {"--help"};
  }
  if (name == "--help" || name == "-h" || name == "help") {
    Print(stdout, HelpOf(commands));
    return kDone;
  }
  if (name == "--version") name = "version";
  const Command* command = FindCommand(commands, name);
  return command == nullptr ? UnknownCommand(commands, name) : RunCommand(*command, words);
}

}  // namespace slipway::cli
