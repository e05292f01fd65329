// How fast a file of rows becomes a table: CPU seconds of each reading, types inferred and digest
// taken.
//
//   taskset -c 1 build/release/bench/table FILE [ROUNDS]
#include <sys/resource.h>

#include <cstdio>
#include <string>

#include "base/check.h"
#include "data/table_file.h"

namespace {

double CpuSeconds() {
  rusage usage;
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace

int main(int argc, char** argv) {
  SLIPWAY_CHECK(argc > 1, "table FILE [ROUNDS]");
  for (int round = argc > 2 ? std::stoi(argv[2]) : 5; round > 0; --round) {
    const double start = CpuSeconds();
    const auto read = slipway::data::ReadTable(argv[1]);
    SLIPWAY_CHECK(read.ok(), std::string(slipway::MessageOf(read.status())).c_str());
    std::printf("%.4f\n", CpuSeconds() - start);
  }
}
