#pragma once
// What requests take of the memory for request bodies beside their bodies: tensors that are larger
// than the bytes that ask for them.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "base/status.h"
#include "transport/http/budget.h"

namespace slipway {

/// That memory, as the transport charges it. Threads: any.
struct BodyMemory {
  std::shared_ptr<http::Budget> budget = std::make_shared<http::Budget>();
  std::atomic<size_t> max_request_bytes = SIZE_MAX;   // limits.max_body
  std::atomic<size_t> max_buffered_bytes = SIZE_MAX;  // limits.max_buffered
};

/// What one request holds of it, until Release. Belongs to one request at a time.
class BodyCharge {
 public:
  BodyCharge() = default;
  ~BodyCharge() { Release(); }
  BodyCharge(const BodyCharge&) = delete;
  BodyCharge& operator=(const BodyCharge&) = delete;

  /// Before the bytes are allocated. @param memory  of every Add the same, until Release.
  /// @return kOverloaded, with nothing added, when the memory is used up.
  Status Add(size_t bytes, const BodyMemory& memory) {
    if (!memory.budget->Charge(bytes, memory.max_buffered_bytes.load(std::memory_order_relaxed)))
      return MakeError(Reason::kOverloaded, "the memory for request bodies is used up");
    budget_ = memory.budget;
    bytes_ += bytes;
    return OkStatus();
  }

  void Release() {
    if (bytes_ > 0) budget_->Release(std::exchange(bytes_, 0));
    budget_.reset();
  }

 private:
  std::shared_ptr<http::Budget> budget_;
  size_t bytes_ = 0;
};

}  // namespace slipway
