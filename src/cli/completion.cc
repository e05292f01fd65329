#include <fmt/format.h>

#include "cli/program.h"

namespace slipway::cli {
namespace {

bool TakesFile(const Option& option) {
  return option.value_name == "FILE" || option.value_name == "OUT" ||
         option.value_name == "FOLDER" || option.name.starts_with("MODEL") ||
         option.name.starts_with("FILE");
}

std::vector<const Command*> Visible(std::span<const Command> commands) {
  std::vector<const Command*> visible;
  for (const Command& command : commands)
    if (!command.hidden) visible.push_back(&command);
  return visible;
}

/// The text in single quotes, as every shell here takes it.
std::string Quoted(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'')
      quoted += "'\\''";
    else
      quoted += c;
  }
  return quoted + "'";
}

std::string Names(const Command& command) {
  std::string names;
  for (const Option& option : command.options)
    if (!option.is_positional()) names += option.name + " ";
  return names + "--help";
}

std::string Bash(std::span<const Command> commands) {
  std::string names, cases, values;
  for (const Command* command : Visible(commands)) {
    names += (names.empty() ? "" : " ") + command->name;
    cases += fmt::format("    {}) options={} ;;\n", command->name, Quoted(Names(*command)));
    for (const Option& option : command->options) {
      if (option.words.empty()) continue;
      if (option.is_positional())
        cases.insert(cases.rfind(" ;;"), fmt::format("; words='{}'", fmt::join(option.words, " ")));
      else
        values +=
            fmt::format("    {}:{}) COMPREPLY=($(compgen -W '{}' -- \"$current\")); return ;;\n",
                        command->name, option.name, fmt::join(option.words, " "));
    }
  }
  return fmt::format(
      R"(# bash completion of slipway: slipway completion bash > /etc/bash_completion.d/slipway
_slipway() {{
  local current="${{COMP_WORDS[COMP_CWORD]}}" previous="${{COMP_WORDS[COMP_CWORD-1]}}"
  local command="${{COMP_WORDS[1]}}" options='' words=''
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W '{}' -- "$current"))
    return
  fi
  case "$command:$previous" in
{}  esac
  case "$command" in
{}  esac
  case "$current" in
    -*) COMPREPLY=($(compgen -W "$options" -- "$current")) ;;
    *) if [ -n "$words" ]; then COMPREPLY=($(compgen -W "$words" -- "$current"))
       else COMPREPLY=($(compgen -f -- "$current")); fi ;;
  esac
}}
complete -o filenames -F _slipway slipway
)",
      names, values, cases);
}

/// "--input=[What it does.]:FILE:_files"
std::string ZshSpec(const Option& option) {
  std::string help;
  for (const char c : option.help)
    if (c == '[' || c == ']' || c == ':')
      (help += '\\') += c;
    else
      help += c;
  std::string action;
  if (!option.words.empty())
    action = fmt::format("({})", fmt::join(option.words, " "));
  else if (TakesFile(option))
    action = "_files";
  const std::string value = option.value_name.empty() ? option.name : option.value_name;
  if (option.is_positional())
    return Quoted(fmt::format("{}:{}:{}", option.repeated ? "*" : "", option.name, action));
  const std::string_view many = option.repeated ? "*" : "";
  if (option.is_switch()) return Quoted(fmt::format("{}{}[{}]", many, option.name, help));
  return Quoted(fmt::format("{}{}=[{}]:{}:{}", many, option.name, help, value, action));
}

std::string Zsh(std::span<const Command> commands) {
  std::string list, cases;
  for (const Command* command : Visible(commands)) {
    list += fmt::format("    {}\n", Quoted(command->name + ":" + command->summary));
    cases += fmt::format("    {}) _arguments", command->name);
    for (const Option& option : command->options) cases += " \\\n      " + ZshSpec(option);
    cases += " ;;\n";
  }
  return fmt::format(R"(#compdef slipway
# zsh completion of slipway: slipway completion zsh > "${{fpath[1]}}/_slipway"
_slipway() {{
  local -a commands
  commands=(
{}  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command="$words[2]"
  words=("$words[2,-1]")
  (( CURRENT-- ))
  case "$command" in
{}  esac
}}
_slipway "$@"
)",
                     list, cases);
}

std::string Fish(std::span<const Command> commands) {
  std::string script =
      "# fish completion of slipway: slipway completion fish > "
      "~/.config/fish/completions/slipway.fish\n"
      "complete -c slipway -f -n __fish_use_subcommand\n";
  for (const Command* command : Visible(commands)) {
    script += fmt::format("complete -c slipway -f -n __fish_use_subcommand -a {} -d {}\n",
                          command->name, Quoted(command->summary));
    for (const Option& option : command->options) {
      const std::string when = Quoted("__fish_seen_subcommand_from " + command->name);
      const std::string words = fmt::format("{}", fmt::join(option.words, " "));
      if (option.is_positional()) {
        if (!option.words.empty())
          script += fmt::format("complete -c slipway -f -n {} -a {}\n", when, Quoted(words));
        continue;
      }
      script += fmt::format("complete -c slipway -n {} -l {} -d {}", when, option.name.substr(2),
                            Quoted(option.help));
      if (!option.short_name.empty()) script += " -s " + option.short_name.substr(1);
      if (!option.words.empty())
        script += " -x -a " + Quoted(words);
      else if (!option.is_switch())
        script += TakesFile(option) ? " -r" : " -x";
      script += "\n";
    }
  }
  return script;
}

}  // namespace

std::string CompletionScript(std::string_view shell, std::span<const Command> commands) {
  if (shell == "zsh") return Zsh(commands);
  if (shell == "fish") return Fish(commands);
  return Bash(commands);
}

}  // namespace slipway::cli
