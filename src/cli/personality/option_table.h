#pragma once
// Another server's options as a table: what each takes, and what it comes to here.

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "cli/personality/translation.h"

namespace slipway::cli {

// Why an option of several servers has no effect here.
inline constexpr std::string_view kNoWorkers =
    "a model's runs share the threads of --compute-threads";
inline constexpr std::string_view kOnnxOnly = "models are ONNX, run without backends of their own";
inline constexpr std::string_view kOwnLog = "the log is Slipway's: --log-level, SLIPWAY_LOG_FORMAT";
inline constexpr std::string_view kOwnTransport = "connections are kept as --idle-timeout says";

enum class Takes {
  kText,
  kNumber,    // a whole number, 0 or more
  kBool,      // "--x", "--x=true"; true, false, on, off, 1, 0
  kBoolWord,  // the same, and "--x true"
  kNothing,   // a switch
  kTexts,     // every word up to the next option
};

/// Read by the personality itself, with the rest of what was given.
struct Kept {};
/// Field `path` is the value with `suffix` behind it.
struct Sets {
  std::string_view path;
  std::string_view suffix = "";
};
/// Named in a note, unless it says `silent`, which is so anyway.
struct NoEffect {
  std::string_view why;
  std::string_view silent = "";
};
/// Refused, unless it says `unless`, which is so anyway.
struct Refused {
  std::string_view why;
  std::string_view unless = "";
};

struct OptionRule {
  std::string_view name;  // "--http-port", or a property or variable
  Takes takes;
  std::variant<Kept, Sets, NoEffect, Refused> effect;
  std::string_view short_name = "";  // "-p"
};

/// What was given, by the names of the rules; every value has been checked to be what the option
/// takes, and bools are "true" or "false".
class GivenOptions {
 public:
  bool Has(std::string_view name) const { return values_.find(name) != values_.end(); }
  /// The last value.
  std::string Text(std::string_view name, std::string_view otherwise = "") const;
  bool Bool(std::string_view name, bool otherwise = false) const;
  std::vector<std::string> Texts(std::string_view name) const;
  /// `name` when it was given, else `otherwise`: where a default came from.
  std::string_view Where(std::string_view name, std::string_view otherwise) const {
    return Has(name) ? name : otherwise;
  }
  void Add(std::string_view name, std::string value);

 private:
  std::map<std::string, std::vector<std::string>, std::less<>> values_;
};

/// Takes the words that are of `rules`, as getopt and argparse do ("--name=value", "--name value"),
/// applies their effects and leaves the others.
GivenOptions ReadOptions(std::span<const OptionRule> rules, std::span<const std::string> words,
                         Translation& translation);

/// Applies one option that was given elsewhere, in a file or the environment: a value that is not
/// what the rule takes is refused, naming `where`.
void ApplyOption(const OptionRule& rule, std::string value, std::string_view where,
                 GivenOptions& given, Translation& translation);

/// nullptr when there is none.
const OptionRule* FindRule(std::span<const OptionRule> rules, std::string_view name);

}  // namespace slipway::cli
