#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "base/clock.h"
#include "client/latency_histogram.h"

namespace slipway::client {

/// How a load is given, to a server or to a function.
struct LoadShape {
  int concurrency = 1;  // requests in flight: always (closed loop) or at most (open loop)
  double rate = 0;      // above 0: open loop, so many requests a second at even distances
  Duration warm_up{0};  // before the measured time; not reported
  Duration duration = std::chrono::seconds(10);
  const std::atomic<bool>* stop = nullptr;  // ends the load early
  std::function<void(double share_done)>
      on_progress;  // a few times a second, from the calling thread
};

/// What came of the measured time.
struct LoadReport {
  Duration elapsed{0};
  uint64_t completed = 0;             // answers, of any status
  uint64_t succeeded = 0;             // status 200, and as expected where that was asked
  uint64_t wrong_answers = 0;         // status 200, but another body than expected
  std::map<int, uint64_t> by_status;  // HTTP only
  uint64_t failures = 0;              // connections lost, answers that are no HTTP, failed calls
  uint64_t timeouts = 0;
  uint64_t unsent = 0;          // open loop: due, but nothing was free to send them before the end
  uint64_t bytes_received = 0;  // of bodies
  std::string first_problem;    // of the first answer that was not as expected
  /// Of all answers. In an open loop counted from the moment a request was due, so waiting for a
  /// slow server is not left out (coordinated omission).
  LatencyHistogram latency;

  bool clean() const {
    return completed > 0 && completed == succeeded && failures + timeouts + unsent == 0;
  }
  double per_second() const {
    const double seconds = std::chrono::duration<double>(elapsed).count();
    return seconds > 0 ? static_cast<double>(completed) / seconds : 0;
  }
};

}  // namespace slipway::client
