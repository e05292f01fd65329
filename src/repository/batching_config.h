#pragma once
// What a config.pbtxt says about which requests run together and which are turned away.
// Source: Triton's ModelDynamicBatching and ModelQueuePolicy (protobuf/model_config.proto)

#include <cstdint>
#include <map>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "repository/config_reader.h"

namespace slipway::repository {

/// Requests of one priority.
struct QueuePolicy {
  int64_t max_size = 0;     // that may wait; 0: no limit of their own
  Duration max_age{};       // that one may wait; 0: any
  bool is_delayed = false;  // past max_age: behind all others, instead of refused
  bool operator==(const QueuePolicy&) const = default;
};

struct DynamicBatching {
  std::vector<int64_t> preferred;  // rows, ascending, each once
  Duration max_delay{};            // for the sake of a preferred size
  int64_t priority_levels = 0;     // 0: requests have no priorities
  int64_t default_priority = 0;    // 1 … priority_levels, 1 goes first
  QueuePolicy policy;
  std::map<int64_t, QueuePolicy> policies;  // of single priorities, in place of `policy`
  bool operator==(const DynamicBatching&) const = default;
};

/// @param field  `dynamic_batching { … }`.
/// @return kBadModel naming the field, also for a priority that there is not.
StatusOr<DynamicBatching> ReadDynamicBatching(const ConfigReader& reader, const TextField& field);

}  // namespace slipway::repository
