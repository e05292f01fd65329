#pragma once
// What a request writes once and means many times: the last element of a TensorProto that has fewer
// than its shape, the context of examples.

#include <cstddef>

#include "base/status.h"
#include "protocol/calls/body_memory.h"

namespace slipway::tfserving {

/// Counts it for one request while that is read.
class RepeatedBytes {
 public:
  /// Of all tensors of a request together.
  static constexpr size_t kMax = size_t{64} << 20;

  /// @param charge  holds what is charged to `memory`.
  RepeatedBytes(const BodyMemory& memory, BodyCharge& charge) : memory_(memory), charge_(charge) {}

  /// Before `count` times `size` bytes are allocated.
  /// @return kTooLarge beyond kMax; kOverloaded.
  Status Charge(size_t count, size_t size) {
    if (size > 0 && count > (kMax - bytes_) / size)
      return Error(Reason::kTooLarge,
                   "values that are written once and repeated may take {} bytes in one request",
                   kMax);
    RETURN_IF_ERROR(charge_.Add(count * size, memory_));
    bytes_ += count * size;
    return OkStatus();
  }

 private:
  const BodyMemory& memory_;
  BodyCharge& charge_;
  size_t bytes_ = 0;
};

}  // namespace slipway::tfserving
