#pragma once
// Slipway in the place of another model server: that server's command line and environment become
// Slipway's settings. One file a server; docs/adr/0022 says why. All of it is pure but for the
// configuration files that the command line names.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/personality/option_table.h"
#include "cli/personality/translation.h"

namespace slipway::cli {

struct Invocation {
  std::span<const std::string> words;  // after the program's name
  const server::Environment& environment;

  /// "" when it is not set.
  std::string Variable(std::string_view name) const;
};

struct Personality {
  std::string_view name;                   // "triton"
  std::vector<std::string_view> programs;  // what that server's program is called
  std::span<const OptionRule> options;     // for the nearest right word
  void (*translate)(const Invocation&, Translation&);
  std::string_view models = "";  // the option that names them, where nothing else need
};

/// All, in the order of the help.
std::span<const Personality> Personalities();

/// @return nullptr when there is none.
const Personality* FindPersonality(std::string_view name);
/// By the last part of argv[0].
const Personality* FindPersonalityOfProgram(std::string_view program);

/// @return kBadRequest with a line for each thing that cannot be honoured.
StatusOr<Translation> Translate(const Personality& personality, const Invocation& invocation);

/// The level that Triton's switches come to, which are called so.
void SetTritonLogLevel(const GivenOptions& given, std::string_view verbose, std::string_view info,
                       std::string_view warning, Translation& out);

inline constexpr std::string_view kVersionServesNothing =
    "serves nothing: slipway --version tells Slipway's";

/// What `--as torchserve --ts-config` refuses of the properties in `text`, a line each.
/// @param file  what they are called in messages
Status CheckTorchserveProperties(std::string_view text, std::string_view file);

Personality TritonPersonality();
Personality TfservingPersonality();
Personality TorchservePersonality();
Personality MlserverPersonality();
Personality MlflowPersonality();
Personality SklearnserverPersonality();
Personality XgbserverPersonality();
Personality LgbserverPersonality();
Personality SagemakerPersonality();
Personality VertexPersonality();
Personality AzuremlPersonality();
Personality FlaskPersonality();

}  // namespace slipway::cli
