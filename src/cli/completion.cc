#include <fmt/format.h>

#include "cli/program.h"

namespace slipway::cli {
namespace {

bool TakesFile(const Option& option) {
  return option.value_name == "FILE" || option.value_name == "OUT" ||
         option.value_name == "FOLDER" || option.name.starts_with("MODEL") ||
         option.name.starts_with("BUNDLE") || option.name.starts_with("FILE");
}

std::vector<const Command*> Visible(std::span<const Command> commands) {
  std::vector<const Command*> visible;
  for (const Command& command : commands)
    if (!command.hidden) visible.push_back(&command);
  return visible;
}

/// What stands after "slipway": commands and groups, each once.
std::vector<std::string> FirstWords(std::span<const Command> commands) {
  std::vector<std::string> words;
  for (const Command* command : Visible(commands)) {
    const std::string_view group = GroupOf(*command);
    const std::string word = group.empty() ? command->name : std::string(group);
    if (words.empty() || words.back() != word) words.push_back(word);
  }
  return words;
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

/// In a group the second word completes the command's name.
std::string BashGroups(std::span<const Command> commands) {
  std::string cases;
  for (const std::string& group : FirstWords(commands)) {
    const std::vector<std::string> verbs = VerbsOf(commands, group);
    if (verbs.empty()) continue;
    cases += fmt::format(
        R"(    {0})
      if [ "$COMP_CWORD" -eq 2 ]; then
        COMPREPLY=($(compgen -W '{1}' -- "$current"))
        return
      fi
      command="$command ${{COMP_WORDS[2]}}" ;;
)",
        group, fmt::join(verbs, " "));
  }
  return cases;
}

std::string Bash(std::span<const Command> commands) {
  std::string cases, values;
  for (const Command* command : Visible(commands)) {
    cases += fmt::format("    {}) options={} ;;\n", Quoted(command->name), Quoted(Names(*command)));
    for (const Option& option : command->options) {
      if (option.words.empty()) continue;
      if (option.is_positional())
        cases.insert(cases.rfind(" ;;"), fmt::format("; words='{}'", fmt::join(option.words, " ")));
      else
        values +=
            fmt::format("    {}:{}) COMPREPLY=($(compgen -W '{}' -- \"$current\")); return ;;\n",
                        Quoted(command->name), option.name, fmt::join(option.words, " "));
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
  case "$command" in
{}  esac
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
      fmt::join(FirstWords(commands), " "), BashGroups(commands), values, cases);
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

/// "inspect:Tells what a model is.", or of a group its verbs.
std::string Described(std::span<const Command> commands, const std::string& word) {
  for (const Command& command : commands)
    if (command.name == word) return command.summary;
  return fmt::format("{}", fmt::join(VerbsOf(commands, word), ", "));
}

std::string ZshGroups(std::span<const Command> commands) {
  std::string cases;
  for (const std::string& group : FirstWords(commands)) {
    const std::vector<std::string> verbs = VerbsOf(commands, group);
    if (verbs.empty()) continue;
    cases += fmt::format(
        R"(    {0})
      if (( CURRENT == 2 )); then
        compadd {1}
        return
      fi
      command="$command $words[2]"
      shift words
      (( CURRENT-- )) ;;
)",
        group, fmt::join(verbs, " "));
  }
  return cases;
}

std::string Zsh(std::span<const Command> commands) {
  std::string list, cases;
  for (const std::string& word : FirstWords(commands))
    list += fmt::format("    {}\n", Quoted(word + ":" + Described(commands, word)));
  for (const Command* command : Visible(commands)) {
    cases += fmt::format("    {}) _arguments", Quoted(command->name));
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
  shift words
  (( CURRENT-- ))
  case "$command" in
{}  esac
  case "$command" in
{}  esac
}}
_slipway "$@"
)",
                     list, ZshGroups(commands), cases);
}

std::string FishOptions(const Command& command) {
  const std::string_view group = GroupOf(command);
  const std::string when =
      Quoted(group.empty() ? "__fish_seen_subcommand_from " + command.name
                           : fmt::format("__fish_seen_subcommand_from {}; and "
                                         "__fish_seen_subcommand_from {}",
                                         group, command.name.substr(group.size() + 1)));
  std::string script;
  for (const Option& option : command.options) {
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
  return script;
}

std::string Fish(std::span<const Command> commands) {
  std::string script =
      "# fish completion of slipway: slipway completion fish > "
      "~/.config/fish/completions/slipway.fish\n"
      "complete -c slipway -f -n __fish_use_subcommand\n";
  for (const std::string& word : FirstWords(commands)) {
    script += fmt::format("complete -c slipway -f -n __fish_use_subcommand -a {} -d {}\n", word,
                          Quoted(Described(commands, word)));
    const std::vector<std::string> verbs = VerbsOf(commands, word);
    if (verbs.empty()) continue;
    script += fmt::format(
        "complete -c slipway -f -n '__fish_seen_subcommand_from {}; and not "
        "__fish_seen_subcommand_from {}' -a {}\n",
        word, fmt::join(verbs, " "), Quoted(fmt::format("{}", fmt::join(verbs, " "))));
  }
  for (const Command* command : Visible(commands)) script += FishOptions(*command);
  return script;
}

}  // namespace

std::string CompletionScript(std::string_view shell, std::span<const Command> commands) {
  if (shell == "zsh") return Zsh(commands);
  if (shell == "fish") return Fish(commands);
  return Bash(commands);
}

}  // namespace slipway::cli
