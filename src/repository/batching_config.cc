#include "repository/batching_config.h"

#include <algorithm>
#include <limits>

namespace slipway::repository {
namespace {

constexpr int64_t kMaxRows = std::numeric_limits<int32_t>::max();
constexpr int64_t kMaxPriorities = 1'000;
constexpr int64_t kMaxMicroseconds = int64_t{3600} * 1'000'000;
constexpr int64_t kMaxQueue = 1'000'000;

/// Reads microseconds.
std::function<Status(const TextField&)> Time(const ConfigReader& reader, Duration* out) {
  return [&reader, out](const TextField& field) -> Status {
    int64_t us = 0;
    RETURN_IF_ERROR(reader.ReadInt(field, 0, kMaxMicroseconds, &us));
    *out = std::chrono::microseconds(us);
    return OkStatus();
  };
}

std::function<Status(const TextField&)> Int(const ConfigReader& reader, int64_t min, int64_t max,
                                            int64_t* out) {
  return [&reader, min, max, out](const TextField& field) {
    return reader.ReadInt(field, min, max, out);
  };
}

StatusOr<QueuePolicy> ReadPolicy(const ConfigReader& reader, const TextField& field) {
  QueuePolicy policy;
  ASSIGN_OR_RETURN(const auto* fields, reader.Message(field));
  std::string action;
  const FieldRule rules[] = {
      {"timeout_action", false,
       [&](const TextField& f) -> Status {
         RETURN_IF_ERROR(reader.OnlyWords({"REJECT", "DELAY"})(f));
         return reader.ReadWord(f, &action);
       }},
      {"default_timeout_microseconds", false, Time(reader, &policy.max_age)},
      // A request's own timeout is its deadline, which holds beside this one.
      {"allow_timeout_override", false, ConfigReader::Ignore},
      {"max_queue_size", false, Int(reader, 0, kMaxQueue, &policy.max_size)},
  };
  RETURN_IF_ERROR(reader.ReadMessage(*fields, fmt::format(" in \"{}\"", field.name), rules));
  policy.is_delayed = action == "DELAY";
  return policy;
}

Status ReadKeyedPolicy(const ConfigReader& reader, const TextField& field,
                       std::map<int64_t, QueuePolicy>& out) {
  ASSIGN_OR_RETURN(const auto* fields, reader.Message(field));
  int64_t key = 0;
  QueuePolicy policy;
  const FieldRule rules[] = {
      {"key", false, Int(reader, 1, kMaxPriorities, &key)},
      {"value", false,
       [&](const TextField& f) -> Status {
         ASSIGN_OR_RETURN(policy, ReadPolicy(reader, f));
         return OkStatus();
       }},
  };
  RETURN_IF_ERROR(reader.ReadMessage(*fields, " in \"priority_queue_policy\"", rules));
  if (key == 0) return reader.Bad(field, "expected a key, the priority");
  if (!out.emplace(key, policy).second)
    return reader.Bad(field, fmt::format("priority {} is there twice", key));
  return OkStatus();
}

Status CheckPriorities(const ConfigReader& reader, const TextField& field,
                       const DynamicBatching& batching) {
  const int64_t levels = batching.priority_levels, standard = batching.default_priority;
  if (levels > 0 ? standard < 1 || standard > levels : standard != 0)
    return reader.Bad(field, fmt::format("default_priority_level: expected {}, got {}",
                                         levels > 0 ? fmt::format("1 to {}", levels)
                                                    : "none without priority_levels",
                                         standard));
  if (!batching.policies.empty() && batching.policies.rbegin()->first > levels)
    return reader.Bad(field, fmt::format("priority_queue_policy: expected a key of at most {}, "
                                         "the priority_levels, got {}",
                                         levels, batching.policies.rbegin()->first));
  return OkStatus();
}

}  // namespace

StatusOr<DynamicBatching> ReadDynamicBatching(const ConfigReader& reader, const TextField& field) {
  DynamicBatching batching;
  ASSIGN_OR_RETURN(const auto* fields, reader.Message(field));
  const FieldRule rules[] = {
      {"preferred_batch_size", true,
       [&](const TextField& f) -> Status {
         int64_t rows = 0;
         RETURN_IF_ERROR(reader.ReadInt(f, 1, kMaxRows, &rows));
         batching.preferred.push_back(rows);
         return OkStatus();
       }},
      {"max_queue_delay_microseconds", false, Time(reader, &batching.max_delay)},
      // Answers of one stream keep their order whatever this says; those of different connections
      // have none.
      {"preserve_ordering", false, ConfigReader::Ignore},
      {"priority_levels", false, Int(reader, 0, kMaxPriorities, &batching.priority_levels)},
      {"default_priority_level", false, Int(reader, 0, kMaxPriorities, &batching.default_priority)},
      {"default_queue_policy", false,
       [&](const TextField& f) -> Status {
         ASSIGN_OR_RETURN(batching.policy, ReadPolicy(reader, f));
         return OkStatus();
       }},
      {"priority_queue_policy", true,
       [&](const TextField& f) { return ReadKeyedPolicy(reader, f, batching.policies); }},
  };
  RETURN_IF_ERROR(reader.ReadMessage(*fields, " in \"dynamic_batching\"", rules));
  auto& preferred = batching.preferred;
  std::ranges::sort(preferred);
  preferred.erase(std::ranges::unique(preferred).begin(), preferred.end());
  RETURN_IF_ERROR(CheckPriorities(reader, field, batching));
  return batching;
}

}  // namespace slipway::repository
