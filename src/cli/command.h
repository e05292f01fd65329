#pragma once
// What a command is: one table row of options and a function. The parser, the help and the shell
// completions read the same rows.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace slipway::cli {

enum ExitCode : int {
  kDone = 0,
  kFailed = 1,    // the work failed: a bad model, a gate that said no, a server that did not answer
  kBadUsage = 2,  // the command line or the configuration is wrong
};

struct Option {
  std::string name;        // "--input", or "MODEL" for an argument without a name
  std::string value_name;  // "FILE", "N", "DURATION"; "" for a switch
  std::string help;
  bool required = false;
  bool repeated = false;
  std::vector<std::string> words = {};  // when only these are taken
  std::string short_name = {};          // "-o"

  bool is_positional() const { return !name.starts_with('-'); }
  bool is_switch() const { return !is_positional() && value_name.empty(); }
};

/// What was given, checked against the command's options.
class Arguments {
 public:
  using Values = std::map<std::string, std::vector<std::string>, std::less<>>;
  explicit Arguments(Values values) : values_(std::move(values)) {}

  bool Has(std::string_view name) const { return values_.find(name) != values_.end(); }
  /// A switch: given, and not as "=false".
  bool Flag(std::string_view name) const { return Text(name, "false") == "true"; }
  /// The last one given.
  std::string Text(std::string_view name, std::string_view otherwise = "") const;
  std::vector<std::string> Texts(std::string_view name) const;

 private:
  Values values_;
};

struct Command {
  std::string name;     // "inspect", or a group's verb: "bundle show"
  std::string summary;  // one sentence
  std::string example;  // a line that works as it stands
  std::vector<Option> options;
  int (*run)(const Arguments&);
  bool hidden = false;
};

/// @return kBadRequest naming the first option that was given as "", which says nothing.
Status RefuseEmpty(const Arguments& arguments, const std::vector<Option>& options);

/// "--json" of every command that can answer a machine.
Option JsonOption();

/// Prints "slipway inspect: <message>" on stderr.
/// @return kBadUsage when the command line itself was wrong, else kFailed.
int Fail(std::string_view command, const Status& error, bool usage = false);

}  // namespace slipway::cli
