#include "lifecycle/verified_store.h"

#include <filesystem>
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

std::string VerifiedStore::PathOf(const std::string& digest) const {
  return folder_ + "/" + io::Sha256Hex(digest + "\n" + runtime_);
}

bool VerifiedStore::Contains(const std::string& digest) const {
  std::error_code ignored;
  return !folder_.empty() && std::filesystem::is_regular_file(PathOf(digest), ignored);
}

Status VerifiedStore::Add(const std::string& digest) const {
  if (folder_.empty()) return OkStatus();
  std::error_code error;
  std::filesystem::create_directories(folder_, error);
  if (error) return Error(Reason::kIo, "{}: {}", folder_, error.message());
  return io::WriteDurably(PathOf(digest), digest + "\n" + runtime_ + "\n");
}

}  // namespace slipway::lifecycle
