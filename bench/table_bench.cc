// How fast a file of rows becomes a table: CPU seconds of each reading, types inferred and digest
// taken.
//
//   taskset -c 1 build/release/bench/table FILE [ROUNDS]
#include <cstdio>
#include <string>

#include "base/check.h"
#include "bench/cpu_seconds.h"
#include "data/table_file.h"

int main(int argc, char** argv) {
  SLIPWAY_CHECK(argc > 1, "table FILE [ROUNDS]");
  for (int round = argc > 2 ? std::stoi(argv[2]) : 5; round > 0; --round) {
    const double start = slipway::CpuSeconds();
    const auto read = slipway::data::ReadTable(argv[1]);
    SLIPWAY_CHECK(read.ok(), std::string(slipway::MessageOf(read.status())).c_str());
    std::printf("%.4f\n", slipway::CpuSeconds() - start);
  }
}
