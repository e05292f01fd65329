#pragma once
#include <optional>

#include "cli/command.h"

namespace slipway::cli {

Command ServeCommand();
/// Runs `slipway serve --as SERVER …`, or the program by another server's name (docs/adr/0022).
/// @return the exit code; nullopt when the command line is Slipway's own.
std::optional<int> ServeAsAnotherServer(int argc, const char* const* argv);
Command InspectCommand();
Command ConvertCommand();
Command BundlePackCommand();
Command BundleShowCommand();
Command BundleDiffCommand();
Command PredictCommand();
Command EvaluateCommand();
Command BenchCommand();
Command TrainCommand();
Command DemoCommand();
Command MigrateCommand();
Command OptimiseCommand();
/// Hidden: the same, as it is spelled elsewhere.
Command OptimizeCommand();
Command CompletionCommand();
Command VersionCommand();
/// Hidden: prints docs/configuration.md.
Command ConfigReferenceCommand();
/// Hidden: prints docs/estimators.md.
Command EstimatorReferenceCommand();
/// Hidden: prints docs/training.md.
Command TrainingReferenceCommand();

}  // namespace slipway::cli
