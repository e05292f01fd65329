#include "telemetry/process_metrics.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>

namespace slipway {
namespace {

/// At most the first 16 KiB: all that is read here lies there. Empty when it cannot be read.
std::string ReadProc(const char* path) {
  std::string text(16 << 10, '\0');
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return {};
  size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = read(fd, text.data() + size, text.size() - size);
    if (got <= 0) break;
    size += static_cast<size_t>(got);
  }
  close(fd);
  text.resize(size);
  return text;
}

/// The number at the `index`-th field, separated by spaces.
std::optional<double> Field(std::string_view text, size_t index) {
  for (;; --index) {
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    if (index == 0) break;
    text.remove_prefix(std::min(text.find(' '), text.size()));
  }
  uint64_t value;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{}) return std::nullopt;
  return static_cast<double>(value);
}

/// The number after `key` at the start of a line.
std::optional<double> Line(std::string_view text, std::string_view key) {
  size_t at = 0;
  while (at < text.size()) {
    const std::string_view rest = text.substr(at);
    if (rest.starts_with(key)) return Field(rest.substr(key.size()), 0);
    const size_t newline = rest.find('\n');
    if (newline == std::string_view::npos) break;
    at += newline + 1;
  }
  return std::nullopt;
}

std::optional<double> CountOpenFds() {
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(opendir("/proc/self/fd"), closedir);
  if (folder == nullptr) return std::nullopt;
  int count = -1;  // the folder's own descriptor
  while (const dirent* entry = readdir(folder.get()))
    if (entry->d_name[0] != '.') ++count;
  return count;
}

/// Share of the machine's CPU time that was not idle since the last call; 0 at the first.
class CpuUtilization {
 public:
  std::optional<double> Read() {
    const std::string stat = ReadProc("/proc/stat");
    std::string_view text = stat;
    if (!text.starts_with("cpu ")) return std::nullopt;
    text.remove_prefix(4);
    Sample now;
    for (size_t i = 0; i < 8; ++i) {  // user nice system idle iowait irq softirq steal
      const double ticks = Field(text, i).value_or(0);
      now.total += ticks;
      if (i == 3 || i == 4) now.idle += ticks;
    }
    return last_.With([&](Sample& last) {
      const double total = now.total - last.total;
      const double busy = total - (now.idle - last.idle);
      const bool first = last.total == 0;
      last = now;
      return first || total <= 0 ? 0 : busy / total;
    });
  }

 private:
  struct Sample {
    double total = 0;
    double idle = 0;
  };
  Guarded<Sample> last_;
};

void GaugeIfKnown(MetricSink& sink, std::string_view name, std::string_view help,
                  std::optional<double> value) {
  if (value) sink.AddGauge(name, help, {}, *value);
}

/// Seconds since 1970 at which the machine's clock of start times was 0.
double BootTime() {
  const auto seconds = [](clockid_t clock) {
    timespec now{};
    clock_gettime(clock, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
  };
  return seconds(CLOCK_REALTIME) - seconds(CLOCK_BOOTTIME);
}

void CollectProcess(MetricSink& sink, double boot_time) {
  const std::string stat = ReadProc("/proc/self/stat");
  // The second field is the program's name, in parentheses, and may hold anything.
  const size_t name_end = stat.rfind(')');
  if (name_end == std::string::npos || name_end + 2 > stat.size()) return;
  const std::string_view fields = std::string_view(stat).substr(name_end + 2);  // from field 3 on
  const auto field = [&](size_t number) { return Field(fields, number - 3); };
  const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));

  sink.AddCounter("process_cpu_seconds_total", "User and system CPU time spent, in seconds.", {},
                  (field(14).value_or(0) + field(15).value_or(0)) / ticks);
  GaugeIfKnown(sink, "process_threads", "Threads of the process.", field(20));
  GaugeIfKnown(sink, "process_virtual_memory_bytes", "Virtual memory size, in bytes.", field(23));
  sink.AddGauge("process_resident_memory_bytes", "Resident memory size, in bytes.", {},
                static_cast<double>(ResidentBytes()));
  if (const auto started = field(22))
    sink.AddGauge("process_start_time_seconds", "When the process started, Unix time.", {},
                  boot_time + *started / ticks);
  GaugeIfKnown(sink, "process_open_fds", "Open file descriptors.", CountOpenFds());
  if (rlimit limit; getrlimit(RLIMIT_NOFILE, &limit) == 0)
    sink.AddGauge("process_max_fds", "Most file descriptors that may be open.", {},
                  static_cast<double>(limit.rlim_cur));
}

struct Memory {
  double total = 0;
  double available = 0;
  double used() const { return total - available; }
};

/// In bytes.
std::optional<Memory> MachineMemory() {
  const std::string text = ReadProc("/proc/meminfo");
  const auto total = Line(text, "MemTotal:");
  const auto available = Line(text, "MemAvailable:");
  if (!total || !available) return std::nullopt;
  return Memory{*total * 1024, *available * 1024};
}

void CollectTritonMachine(MetricSink& sink, CpuUtilization& utilization) {
  GaugeIfKnown(sink, "nv_cpu_utilization", "Share of the machine's CPU in use, 0 to 1.",
               utilization.Read());
  const auto memory = MachineMemory();
  if (!memory) return;
  sink.AddGauge("nv_cpu_memory_total_bytes", "Memory of the machine, in bytes.", {}, memory->total);
  sink.AddGauge("nv_cpu_memory_used_bytes", "Memory of the machine in use, in bytes.", {},
                memory->used());
}

/// TorchServe's gauges of the machine, those of ts/metrics/system_metrics.py there, without the
/// label "Hostname".
void CollectTorchserveMachine(MetricSink& sink, CpuUtilization& utilization) {
  constexpr double kMega = 1 << 20, kGiga = 1 << 30;
  const auto gauge = [&](std::string_view name, std::string_view help, double value) {
    sink.AddGauge(name, help, {{"Level", "Host"}}, value);
  };
  if (const auto cpu = utilization.Read())
    gauge("CPUUtilization", "The machine's CPU in use, in percent.", 100 * *cpu);
  if (const auto memory = MachineMemory()) {
    gauge("MemoryUsed", "Memory of the machine in use, in MiB.", memory->used() / kMega);
    gauge("MemoryAvailable", "Memory of the machine at hand, in MiB.", memory->available / kMega);
    gauge("MemoryUtilization", "Memory of the machine in use, in percent.",
          100 * memory->used() / memory->total);
  }
  struct statvfs disk;
  if (statvfs("/", &disk) != 0 || disk.f_blocks == 0) return;
  const auto block = static_cast<double>(disk.f_frsize);
  const double used = static_cast<double>(disk.f_blocks - disk.f_bfree) * block;
  const double available = static_cast<double>(disk.f_bavail) * block;
  gauge("DiskUsage", "Of the disk at \"/\" in use, in GiB.", used / kGiga);
  gauge("DiskAvailable", "Of the disk at \"/\" at hand, in GiB.", available / kGiga);
  if (used + available > 0)
    gauge("DiskUtilization", "Of the disk at \"/\" in use, in percent.",
          100 * used / (used + available));
}

}  // namespace

uint64_t ResidentBytes() {
  const auto pages = Field(ReadProc("/proc/self/statm"), 1);
  return static_cast<uint64_t>(pages.value_or(0)) * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

void AddProcessMetrics(Registry& registry) {
  auto utilization = std::make_shared<CpuUtilization>();
  registry.AddCollector([boot_time = BootTime(), utilization](MetricSink& sink) {
    CollectProcess(sink, boot_time);
    if (sink.names() == MetricNames::kTriton) CollectTritonMachine(sink, *utilization);
    if (sink.names() == MetricNames::kTorchserve) CollectTorchserveMachine(sink, *utilization);
  });
}

void AddBuildInfo(Registry& registry, std::string version, std::string onnxruntime) {
  const Labels labels = {{"version", std::move(version)}, {"onnxruntime", std::move(onnxruntime)}};
  registry.AddCollector([labels](MetricSink& sink) {
    sink.AddGauge("slipway_build_info", "1; the versions are in the labels.", labels, 1);
  });
}

}  // namespace slipway
