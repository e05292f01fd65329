#pragma once
#include <span>
#include <string>
#include <string_view>

#include "cli/command.h"

namespace slipway::cli {

/// All commands, in the order of the help.
std::span<const Command> Commands();

/// The verbs of the visible commands of a group: "show" of "bundle show". None for what is no
/// group.
std::vector<std::string> VerbsOf(std::span<const Command> commands, std::string_view group);

/// "bundle" of "bundle show", "" of "inspect".
std::string_view GroupOf(const Command& command);

/// Finds the command, parses its options, runs it. Help and version go to stdout; errors to stderr.
int RunProgram(std::span<const Command> commands, int argc, const char* const* argv);

/// What was given to one command, or what is wrong with it; empty values when help was asked for.
struct ParsedCommand {
  Arguments::Values values;
  bool help = false;
};
/// @param words  after the command's name
/// @return kBadRequest with the nearest right word
StatusOr<ParsedCommand> ParseCommandLine(const Command& command,
                                         std::span<const std::string> words);

/// Text of `slipway --help` or, of a group, `slipway GROUP --help`; and of `slipway COMMAND
/// --help`.
std::string HelpOf(std::span<const Command> commands, std::string_view group = "");
std::string HelpOf(const Command& command);

/// A completion script. @param shell  "bash", "zsh" or "fish"
std::string CompletionScript(std::string_view shell, std::span<const Command> commands);

}  // namespace slipway::cli
