#include <cstdio>
#include <exception>

#include "cli/program.h"

int main(int argc, char** argv) {
  try {
    return slipway::cli::RunProgram(slipway::cli::Commands(), argc, argv);
  } catch (const std::exception& e) {  // memory ran out, most likely
    std::fprintf(stderr, "slipway: %s\n", e.what());
    return slipway::cli::kFailed;
  }
}
