#pragma once
#include <cstddef>
#include <string>

namespace slipway::server {

/// What this process may use: the smaller of the machine, the CPU affinity, the container's limits
/// and that of the address space.
struct Resources {
  int processors = 1;  // at least 1; a quota of 1.5 CPUs counts as 2
  size_t memory_bytes = 0;
  std::string processors_from;  // "affinity", "cgroup quota of 1.5 CPUs"
  std::string memory_from;      // "machine", "cgroup", "address space"
};

/// @param root  "" for the real machine; tests pass a folder with proc/ and sys/ inside.
Resources DetectResources(const std::string& root = "");

}  // namespace slipway::server
