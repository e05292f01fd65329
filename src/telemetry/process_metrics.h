#pragma once
// Facts about the process and the machine, read from /proc at each scrape.

#include <string>

#include "telemetry/metrics.h"

namespace slipway {

/// Adds process_* as other Prometheus clients name them (cpu seconds, resident and virtual memory,
/// open and maximal fds, threads, start time), and of the machine Triton's nv_cpu_utilization,
/// nv_cpu_memory_total_bytes and nv_cpu_memory_used_bytes or TorchServe's CPUUtilization, Memory*
/// and Disk*. What the system does not tell is left out.
void AddProcessMetrics(Registry& registry);

/// slipway_build_info{version,onnxruntime} = 1.
void AddBuildInfo(Registry& registry, std::string version, std::string onnxruntime);

/// The process's resident memory now; 0 when /proc does not tell.
uint64_t ResidentBytes();

}  // namespace slipway
