#include "server/resources.h"

#include <fmt/format.h>
#include <sched.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <optional>
#include <sstream>
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

/// The process's own group and all above it: any of them may hold the tightest limit.
std::vector<std::string> GroupFolders(const std::string& root) {
  std::vector<std::string> folders = {root + "/sys/fs/cgroup"};
  std::ifstream file(root + "/proc/self/cgroup");
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("0::/")) continue;
    std::string folder = folders[0];
    std::istringstream segments(line.substr(4));
    for (std::string segment; std::getline(segments, segment, '/');)
      if (!segment.empty() && segment != "..") folders.push_back(folder += "/" + segment);
  }
  return folders;
}

std::optional<double> QuotaOf(const std::string& root, const std::vector<std::string>& folders) {
  std::optional<double> tightest;
  const auto take = [&](std::optional<int64_t> quota, std::optional<int64_t> period) {
    if (!quota || !period) return;
    const double cpus = static_cast<double>(*quota) / static_cast<double>(*period);
    tightest = std::min(tightest.value_or(cpus), cpus);
  };
  for (const std::string& folder : folders) {
    const auto words = Words(folder + "/cpu.max");
    take(Number(words, 0), Number(words, 1));
  }
  const std::string v1 = root + "/sys/fs/cgroup/cpu/cpu.cfs_";
  take(Number(Words(v1 + "quota_us"), 0), Number(Words(v1 + "period_us"), 0));
  return tightest;
}

std::optional<int64_t> GroupMemory(const std::string& root,
                                   const std::vector<std::string>& folders) {
  std::optional<int64_t> tightest;
  const auto take = [&](std::optional<int64_t> limit) {
    if (limit) tightest = std::min(tightest.value_or(*limit), *limit);
  };
  for (const std::string& folder : folders) take(Number(Words(folder + "/memory.max"), 0));
  take(Number(Words(root + "/sys/fs/cgroup/memory/memory.limit_in_bytes"), 0));
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
  const auto folders = GroupFolders(root);
  if (const auto quota = QuotaOf(root, folders)) {
    const int whole = std::max(static_cast<int>(std::ceil(*quota)), 1);
    if (whole < found.processors) {
      found.processors = whole;
      found.processors_from = fmt::format("cgroup quota of {} CPUs", *quota);
    }
  }
  found.memory_bytes = MachineMemory(root);
  found.memory_from = "machine";
  if (const auto limit = GroupMemory(root, folders);
      limit && static_cast<size_t>(*limit) < found.memory_bytes) {
    found.memory_bytes = static_cast<size_t>(*limit);
    found.memory_from = "cgroup";
  }
  return found;
}

}  // namespace slipway::server
