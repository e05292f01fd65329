#pragma once
// Where a request runs, decided without touching a thread.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/clock.h"
#include "base/status.h"

namespace slipway::batching {

struct AdmissionOptions {
  Duration inline_limit = std::chrono::microseconds(100);  // a thread hop costs ~30 µs each way
  size_t max_queue = 1024;                                 // requests waiting for one version
  Duration max_wait = std::chrono::seconds(30);  // of a request, before its run begins; 0: any
};

/// What is known at the moment of the decision.
struct AdmissionView {
  TimePoint now{};
  std::optional<TimePoint> deadline;
  Duration predicted{};  // of this request's run: what has become slow shows at once
  Duration slow{};       // what 19 of 20 such runs stay below: one outlier hardly shows
  bool guessed = false;  // its size is hardly known, or it is time to try again
  Duration wait{};       // until its run could begin
  size_t waiting = 0;    // queued for this version
  int running = 0;       // of this version, anywhere
  int instances = 1;     // how many may run at once
};

enum class Placement : uint8_t { kInline, kQueue };

/// kInline when the run is short and a slot is free (what waits then waits for a thread of the
/// pool, not for a slot); else kQueue.
/// @return kDeadlineExceeded when the deadline has passed; kOverloaded when it will pass before the
///         run could end, with an eighth of the wait to spare, or max_wait before it could begin;
///         kQueueFull. A guess refuses nobody: the size would never be seen. Pure.
StatusOr<Placement> Admit(const AdmissionView& view, const AdmissionOptions& options);

/// For runs of several versions, one after the other, with what is known of each at the same
/// moment.
/// @return kOverloaded when `deadline` will pass before the last could end, by what Admit says of
///         each; what is guessed counts nothing. Pure.
Status AdmitSteps(TimePoint now, TimePoint deadline, std::span<const AdmissionView> steps);

}  // namespace slipway::batching
