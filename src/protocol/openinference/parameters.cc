#include "protocol/openinference/parameters.h"

#include <algorithm>
#include <chrono>
#include <limits>

namespace slipway::openinference {
namespace {

constexpr size_t kQuoted = 60;  // of a client's own words in a message

Status NotOffered(std::string_view parameter, std::string_view what) {
  return Error(Reason::kNotOffered, "parameter {}: {} not offered", Quote(parameter), what);
}

uint32_t Saturate(uint64_t value) {
  return static_cast<uint32_t>(std::min<uint64_t>(value, std::numeric_limits<uint32_t>::max()));
}

}  // namespace

std::string Quote(std::string_view text) {
  if (text.size() <= kQuoted) return fmt::format("\"{}\"", text);
  return fmt::format("\"{}...\"", text.substr(0, kQuoted));
}

StatusOr<DType> DTypeOf(std::string_view name) {
  if (const std::optional<DType> parsed = ParseDType(name)) return *parsed;
  return Error(
      Reason::kBadRequest,
      "expected a datatype of BOOL, UINT8-64, INT8-64, FP16, BF16, FP32, FP64, BYTES, got {}",
      Quote(name));
}

Status CheckRequestParameter(std::string_view name) {
  if (name.starts_with("sequence_")) return NotOffered(name, "sequences are");
  if (name.starts_with("triton_"))
    return Error(Reason::kBadRequest, "parameter {}: names that begin with triton_ are reserved",
                 Quote(name));
  return OkStatus();
}

Status SharedMemoryNotOffered(std::string_view name) {
  return NotOffered(name, "shared memory is");
}

void SetTimeout(Duration timeout, RequestContext& context) {
  const TimePoint deadline = context.received + timeout;
  context.deadline = context.deadline ? std::min(*context.deadline, deadline) : deadline;
}

void SetTimeout(uint64_t timeout_us, RequestContext& context) {
  if (timeout_us == 0) return;
  constexpr uint64_t kLongest = 1'000'000ull * 3600 * 24 * 365;  // beyond a year it is no limit
  SetTimeout(std::chrono::microseconds(std::min(timeout_us, kLongest)), context);
}

void SetPriority(uint64_t priority, RequestContext& context) {
  context.priority = Saturate(priority);
}

void SetClassification(uint64_t classes, RequestedOutput& output) {
  output.classification = Saturate(classes);
}

}  // namespace slipway::openinference
