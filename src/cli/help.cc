#include <fmt/format.h>

#include "cli/program.h"

namespace slipway::cli {
namespace {

constexpr size_t kLeftColumn = 32;
constexpr size_t kWidth = 100;

std::string ValueOf(const Option& option) {
  if (!option.words.empty()) return fmt::format("{}", fmt::join(option.words, "|"));
  return option.value_name;
}

std::string LeftOf(const Option& option) {
  std::string left = option.name;
  if (!option.short_name.empty()) left = option.short_name + ", " + left;
  if (!option.is_positional() && !option.is_switch()) left += " " + ValueOf(option);
  return left;
}

/// The row of one option, its text wrapped in the right column.
std::string Row(std::string_view left, std::string_view right) {
  std::string row = fmt::format("  {:<{}}", left, kLeftColumn - 2);
  size_t column = row.size();
  if (left.size() > kLeftColumn - 4) {
    row += "\n" + std::string(kLeftColumn, ' ');
    column = kLeftColumn;
  }
  while (!right.empty()) {
    const size_t space = std::min(right.find(' '), right.size());
    if (column + space > kWidth && column > kLeftColumn) {
      row += "\n" + std::string(kLeftColumn, ' ');
      column = kLeftColumn;
    }
    row += right.substr(0, space);
    column += space;
    right.remove_prefix(std::min(space + 1, right.size()));
    if (!right.empty() && column < kWidth) {
      row += ' ';
      ++column;
    }
  }
  while (row.back() == ' ') row.pop_back();
  return row + "\n";
}

std::string UsageOf(const Command& command) {
  std::string usage = "slipway " + command.name;
  for (const Option& option : command.options) {
    const std::string name = option.name + (option.repeated ? " …" : "");
    if (option.is_positional())
      usage += option.required ? " " + name : " [" + name + "]";
    else if (option.required)
      usage += fmt::format(" {} {}", option.name, option.value_name);
  }
  return usage + " [options]";
}

}  // namespace

std::string HelpOf(std::span<const Command> commands, std::string_view group) {
  std::string help = group.empty() ? "Slipway takes a trained model to production: one program "
                                     "that trains, judges, shrinks and "
                                     "serves it.\n\nUsage: slipway COMMAND …\n\n"
                                   : fmt::format("Usage: slipway {} {} …\n\n", group,
                                                 fmt::join(VerbsOf(commands, group), "|"));
  for (const Command& command : commands)
    if (!command.hidden && (group.empty() || GroupOf(command) == group))
      help += Row(command.name, command.summary);
  return help +
         "\nslipway COMMAND --help tells more of one. Exit codes: 0 done, 1 the work failed, 2 bad "
         "usage.\n" +
         (group.empty() ? "Example: slipway serve model.onnx\n" : "");
}

std::string HelpOf(const Command& command) {
  std::string help = fmt::format("{}\n\nUsage: {}\n\n", command.summary, UsageOf(command));
  for (const Option& option : command.options) help += Row(LeftOf(option), option.help);
  help += Row("-h, --help", "Prints this.");
  return help + fmt::format("\nExample:\n  {}\n", command.example);
}

}  // namespace slipway::cli
