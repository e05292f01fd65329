#pragma once
#include "cli/command.h"

namespace slipway::cli {

Command ServeCommand();
Command InspectCommand();
Command ConvertCommand();
Command PredictCommand();
Command BenchCommand();
Command CompletionCommand();
Command VersionCommand();
/// Hidden: prints docs/configuration.md.
Command ConfigReferenceCommand();

}  // namespace slipway::cli
