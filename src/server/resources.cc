#include "server/resources.h"

#include <fmt/format.h>
#include <sched.h>
#include <sys/resource.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <optional>
#include <sstream>
#include <string_view>
#include <thread>
#include <vector>

namespace slipway::server {
namespace {

std::vector<std::string> Words(const std::string& path) {
  std::ifstream file(path);
  std::vector<std::string> words;
  for (std::string word; words.size() < 64 && file >> word;) words.push_back(word);
  return words;
}

std::optional<int64_t> Number(const std::vector<std::string>& words, size_t index) {
  if (index >= words.size()) return std::nullopt;
  int64_t value = 0;
  const std::string& word = words[index];
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc() || value <= 0) return std::nullopt;
  return value;
}

/// Folders of the process's own group and of all above it, any of which may hold the tightest
/// limit: those of a controller of cgroup 1, or of the one hierarchy of cgroup 2 where `controller`
/// is empty.
std::vector<std::string> GroupFolders(const std::string& root, std::string_view controller) {
  std::vector<std::string> folders = {
      fmt::format("{}/sys/fs/cgroup{}{}", root, controller.empty() ? "" : "/", controller)};
  std::ifstream file(root + "/proc/self/cgroup");
  for (std::string line; std::getline(file, line);) {  // "<hierarchy>:<controllers>:/<path>"
    std::istringstream fields(line);
    std::string hierarchy, controllers;
    std::getline(std::getline(fields, hierarchy, ':'), controllers, ':');
    if (fmt::format(",{},", controllers).find(fmt::format(",{},", controller)) == std::string::npos)
      continue;
    std::string folder = folders[0];
    for (std::string segment; std::getline(fields, segment, '/');)
      if (!segment.empty() && segment != "..") folders.push_back(folder += "/" + segment);
  }
  return folders;
}

std::optional<double> QuotaOf(const std::string& root) {
  std::optional<double> tightest;
  const auto take = [&](std::optional<int64_t> quota, std::optional<int64_t> period) {
    if (!quota || !period) return;
    const double cpus = static_cast<double>(*quota) / static_cast<double>(*period);
    tightest = std::min(tightest.value_or(cpus), cpus);
  };
  for (const std::string& folder : GroupFolders(root, "")) {
    const auto words = Words(folder + "/cpu.max");
    take(Number(words, 0), Number(words, 1));
  }
  for (const std::string& folder : GroupFolders(root, "cpu"))
    take(Number(Words(folder + "/cpu.cfs_quota_us"), 0),
         Number(Words(folder + "/cpu.cfs_period_us"), 0));
  return tightest;
}

std::optional<int64_t> GroupMemory(const std::string& root) {
  std::optional<int64_t> tightest;
  const auto take = [&](const std::string& file) {
    if (const auto limit = Number(Words(file), 0))
      tightest = std::min(tightest.value_or(*limit), *limit);
  };
  for (const std::string& folder : GroupFolders(root, "")) take(folder + "/memory.max");
  for (const std::string& folder : GroupFolders(root, "memory"))
    take(folder + "/memory.limit_in_bytes");
  return tightest;
}

size_t MachineMemory(const std::string& root) {
  const auto words = Words(root + "/proc/meminfo");  // "MemTotal:", "<n>", "kB", …
  return static_cast<size_t>(Number(words, 1).value_or(1 << 20)) * 1024;
}

}  // namespace

Resources DetectResources(const std::string& root) {
  Resources found;
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (sched_getaffinity(0, sizeof(allowed), &allowed) == 0)
    found.processors = std::max(CPU_COUNT(&allowed), 1);
  else  // more processors than the set has room for
    found.processors = std::max(static_cast<int>(std::thread::hardware_concurrency()), 1);
  found.processors_from = "affinity";
  if (const auto quota = QuotaOf(root)) {
    const int whole = std::max(static_cast<int>(std::ceil(*quota)), 1);
    if (whole < found.processors) {
      found.processors = whole;
      found.processors_from = fmt::format("cgroup quota of {} CPUs", *quota);
    }
  }
  found.memory_bytes = MachineMemory(root);
  found.memory_from = "machine";
  if (const auto limit = GroupMemory(root);
      limit && static_cast<size_t>(*limit) < found.memory_bytes) {
    found.memory_bytes = static_cast<size_t>(*limit);
    found.memory_from = "cgroup";
  }
  rlimit space{};
  if (getrlimit(RLIMIT_AS, &space) == 0 && space.rlim_cur < found.memory_bytes) {
    found.memory_bytes = space.rlim_cur;
    found.memory_from = "address space";
  }
  return found;
}

}  // namespace slipway::server
