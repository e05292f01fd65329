#include "lifecycle/verified_store.h"

#include <fstream>

#include "io/digest.h"
#include "io/durable_write.h"

namespace slipway::lifecycle {
namespace {

/// What the same bytes could behave differently on.
std::string CpuModel() {
  std::ifstream cpuinfo("/proc/cpuinfo");
  for (std::string line; std::getline(cpuinfo, line);)
    if (line.starts_with("model name") || line.starts_with("CPU part")) return line;
  return "unknown";
}

}  // namespace

VerifiedStore::VerifiedStore(std::string folder, std::string runtime)
    : folder_(std::move(folder)), runtime_(std::move(runtime) + "\n" + CpuModel()) {}

}  // namespace slipway::lifecycle
