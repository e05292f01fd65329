#include "cli/commands.h"

#include <cstdio>

#include "cli/program.h"
#include "engine/choice/engines.h"
#include "import/sklearn/sklearn.h"
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

int RunEstimatorReference(const Arguments&) {
  std::string text =
      "# Supported estimators\n\n"
      "Fitted estimators that Slipway reads from pickle, joblib and skops files, of scikit-learn "
      "0.20 to "
      "the "
      "current version\n(docs/formats/scikit-learn.md), XGBoost, LightGBM and CatBoost. `slipway "
      "estimator-reference` prints this page.\n";
  std::string_view package;
  for (const importing::SupportedEstimator& estimator : importing::SupportedEstimators()) {
    if (std::exchange(package, estimator.package) != estimator.package)
      text += fmt::format("\n## {}\n| estimator | kind |\n|---|---|\n", estimator.package);
    text += fmt::format("| {} | {} |\n", estimator.name, estimator.kind);
  }
  PrintText(text);
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

Command EstimatorReferenceCommand() {
  return {"estimator-reference",
          "Prints the table of supported scikit-learn estimators as Markdown.",
          "slipway estimator-reference > docs/estimators.md",
          {},
          RunEstimatorReference,
          /*hidden=*/true};
}

std::span<const Command> Commands() {
  static const std::vector<Command> commands = {ServeCommand(),
                                                InspectCommand(),
                                                ConvertCommand(),
                                                TrainCommand(),
                                                EvaluateCommand(),
                                                OptimiseCommand(),
                                                PredictCommand(),
                                                BenchCommand(),
                                                BundlePackCommand(),
                                                BundleShowCommand(),
                                                BundleDiffCommand(),
                                                DemoCommand(),
                                                MigrateCommand(),
                                                CompletionCommand(),
                                                VersionCommand(),
                                                ConfigReferenceCommand(),
                                                EstimatorReferenceCommand(),
                                                TrainingReferenceCommand(),
                                                OptimizeCommand()};
  return commands;
}

}  // namespace slipway::cli
