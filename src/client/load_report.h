#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "client/arrivals.h"
#include "client/latency_histogram.h"

namespace slipway::client {

/// How a load is given, to a server or to a function.
struct LoadShape {
  int concurrency = 1;  // requests in flight: always (closed loop) or at most (open loop)
  double rate = 0;      // above 0: open loop, so many requests a second
  ArrivalKind arrivals = ArrivalKind::kConstant;  // of an open loop
  Duration warm_up{0};                            // before the measured time; not reported
  Duration duration = std::chrono::seconds(10);
  const std::atomic<bool>* stop = nullptr;  // ends the load early
  std::function<void(double share_done)>
      on_progress;  // a few times a second, from the calling thread
};

/// A tenth of the measured time: what the tenths differ by is the noise of the whole.
struct LoadSlice {
  uint64_t answered = 0;     // closed loop: answers that came in this time; open: to `latency`'s
  LatencyHistogram latency;  // of requests that were due in this time
};

/// What came of the measured time. A request belongs to the moment at which it was due, in a closed
/// loop that at which it was sent.
struct LoadReport {
  static constexpr size_t kSlices = 10;
  static constexpr Duration kLate = std::chrono::milliseconds(1);
  /// What was due before the end is sent until so much later.
  static constexpr Duration kGrace = std::chrono::milliseconds(100);

  bool open_loop = false;
  Duration elapsed{0};
  uint64_t completed = 0;  // answered at last, with any status
  /// Closed loop: answers that came in the measured time, due then or before. Open loop: completed.
  uint64_t answered = 0;
  uint64_t succeeded = 0;      // the protocol's OK, and as expected where that was asked
  uint64_t wrong_answers = 0;  // OK, but another body than expected
  /// Latencies of the answers, by HTTP's statuses or gRPC's codes; servers only.
  std::map<int, LatencyHistogram> by_status;
  uint64_t failures = 0;  // connections lost, answers that are none, failed calls
  uint64_t timeouts = 0;
  uint64_t unsent = 0;          // open loop: due, but nothing was free to send them before the end
  uint64_t late_starts = 0;     // open loop: sent more than kLate after they were due
  uint64_t bytes_received = 0;  // of bodies
  std::string first_problem;    // of the first answer that was not as expected
  std::string ended_early;      // why the load went no further; "" when it ran to its end
  /// Of all answers, and what requests without one had waited when they were given up: timed out,
  /// or unsent at the end. In an open loop counted from the moment a request was due, so waiting
  /// for a slow server is not left out (coordinated omission).
  LatencyHistogram latency;
  std::vector<LoadSlice> slices = std::vector<LoadSlice>(kSlices);
  Duration slice_length{0};

  bool clean() const {
    return completed > 0 && completed == succeeded && failures + timeouts + unsent == 0 &&
           ended_early.empty();
  }
  /// Latencies of requests without an answer: they had waited at least so long.
  uint64_t unanswered() const { return latency.count() - completed; }
  double per_second() const {
    const double seconds = std::chrono::duration<double>(elapsed).count();
    return seconds > 0 ? static_cast<double>(answered) / seconds : 0;
  }

  /// An open loop's requests began when they were due, but for one in a hundred.
  bool kept_rate() const { return unsent == 0 && late_starts * 100 <= completed; }

  /// A request that has ended.
  /// @param since  from the start of the measured time to when it was due; below 0: only the answer
  ///   may count
  /// @param took   to its answer, or to when it was given up
  void Record(Duration since, Duration took, bool has_answer);
  void NoteProblem(std::string_view what);
  /// As if both had been one. Same slice_length, and the longer elapsed.
  void Merge(const LoadReport& other);
};

}  // namespace slipway::client
