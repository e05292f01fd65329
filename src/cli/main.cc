#include <cstdio>
#include <exception>

#include "cli/commands.h"
#include "cli/program.h"
#include "engine/choice/engines.h"
#include "lifecycle/probe.h"

int main(int argc, char** argv) {
  try {
    // The probe child parses no options: the server that starts it is its only caller.
    if (argc > 1 && argv[1] == slipway::lifecycle::kProbeCommand)
      return slipway::lifecycle::RunProbeChild({argv + 2, argv + argc},
                                               slipway::CreateEngineToSeal);
    if (const auto code = slipway::cli::ServeAsAnotherServer(argc, argv)) return *code;
    return slipway::cli::RunProgram(slipway::cli::Commands(), argc, argv);
  } catch (const std::exception& e) {  // memory ran out, most likely
    std::fprintf(stderr, "slipway: %s\n", e.what());
    return slipway::cli::kFailed;
  }
}
