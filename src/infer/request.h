#pragma once
// One inference, whatever protocol it came in by.

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "infer/arena.h"
#include "telemetry/trace.h"
#include "tensor/tensor.h"

namespace slipway {

/// What surrounds a request: who, until when, traced as what.
struct RequestContext {
  TimePoint received{};  // the read that completed the request returned
  std::optional<TimePoint> deadline;
  uint32_t priority = 0;  // 1 = highest, 0 = the model's default
  TraceContext trace;
  std::shared_ptr<const std::atomic<bool>> cancelled;  // set when the client has gone; may be null

  bool is_cancelled() const { return cancelled && cancelled->load(std::memory_order_relaxed); }
};

struct RequestedOutput {
  std::string name;
  uint32_t classification = 0;      // k > 0: the k best classes as BYTES "value:index[:label]"
  std::optional<bool> binary = {};  // raw bytes after the JSON? nullopt = as binary_outputs says
  bool in_shared_memory = false;    // the answer holds no data, which goes to the client's memory
};

struct InferRequest {
  std::string model;
  std::string version;  // number, alias or "" = the model's default
  std::string id;
  std::vector<NamedTensor> inputs;
  std::vector<RequestedOutput> outputs;  // empty = all, in the signature's order
  bool binary_outputs = false;           // outputs that do not say otherwise go as raw bytes
  RequestContext context;
  Arena arena;  // holds tensor data that was not borrowed from the body

  bool InSharedMemory(size_t output) const {
    return output < outputs.size() && outputs[output].in_shared_memory;
  }

  /// Ready for the next request; keeps capacity.
  void Clear();
};

struct InferResponse {
  std::string_view model;  // valid as long as the version that answered is held
  std::string_view version;
  std::vector<NamedTensor> outputs;  // in the order asked for
  /// The codec that each output names as its parameter "content_type"; "" = none. A literal.
  std::string_view content_type;

  void Clear() {
    outputs.clear();
    content_type = {};
  }
};

}  // namespace slipway
