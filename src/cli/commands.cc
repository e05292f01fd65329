#include "cli/commands.h"

#include <cstdio>

#include "cli/program.h"
#include "engine/choice/engines.h"
#include "server/config_docs.h"
#include "server/version.h"
#include "text/json_writer.h"

namespace slipway::cli {
namespace {

void PrintText(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stdout); }

int RunCompletion(const Arguments& arguments) {
  PrintText(CompletionScript(arguments.Text("SHELL"), Commands()));
  return kDone;
}

int RunVersion(const Arguments& arguments) {
  std::string text;
  if (arguments.Flag("--json")) {
    JsonWriter(text)
        .BeginObject()
        .Key("version")
        .String(server::kVersion)
        .Key("onnxruntime")
        .String(OnnxRuntimeVersion())
        .EndObject();
  } else {
    text = fmt::format("slipway {} ({})", server::kVersion, EnginesText());
  }
  PrintText(text + "\n");
  return kDone;
}

int RunConfigReference(const Arguments&) {
  PrintText(server::ConfigReference());
  return kDone;
}

}  // namespace

Command CompletionCommand() {
  return {"completion",
          "Prints a completion script for a shell.",
          "slipway completion bash > /etc/bash_completion.d/slipway",
          {{.name = "SHELL",
            .value_name = "",
            .help = "The shell to print it for.",
            .required = true,
            .words = {"bash", "zsh", "fish"}}},
          RunCompletion};
}

Command VersionCommand() {
  return {"version",
          "Prints the version of Slipway and of its engine.",
          "slipway version",
          {JsonOption()},
          RunVersion};
}

Command ConfigReferenceCommand() {
  return {"config-reference",
          "Prints the reference of the configuration as Markdown.",
          "slipway config-reference > docs/configuration.md",
          {},
          RunConfigReference,
          /*hidden=*/true};
}

std::span<const Command> Commands() {
  static const std::vector<Command> commands = {
      ServeCommand(),      InspectCommand(), ConvertCommand(),
      PredictCommand(),    BenchCommand(),   MigrateCommand(),
      CompletionCommand(), VersionCommand(), ConfigReferenceCommand()};
  return commands;
}

}  // namespace slipway::cli
