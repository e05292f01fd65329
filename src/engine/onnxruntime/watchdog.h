#pragma once
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <set>
#include <thread>
#include <utility>

#include "base/clock.h"
#include "base/mutex.h"

namespace slipway::onnxruntime {

/// Calls a function when something has not finished by its deadline. One thread for all that is
/// watched. Threads: any.
class Watchdog {
 public:
  Watchdog();
  Watchdog(const Watchdog&) = delete;

  /// One thing watched, from construction to destruction.
  class Watch {
   public:
    /// @param expire  called once, on the watchdog's thread with its lock held, when `deadline` passes
    ///                first: it must be short and must not watch anything itself.
    Watch(Watchdog& watchdog, TimePoint deadline, std::function<void()> expire);
    /// After this `expire` is not running and will not run.
    ~Watch();
    Watch(const Watch&) = delete;

   private:
    friend class Watchdog;
    Watchdog& watchdog_;
    const TimePoint deadline_;
    const std::function<void()> expire_;
  };

 private:
  void Loop(std::stop_token stop);

  Mutex mutex_;
  std::condition_variable changed_;
  std::set<std::pair<TimePoint, Watch*>> watched_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  // Until when the thread sleeps: only an earlier deadline has to wake it, so a server whose requests
  // all have the same timeout wakes it once a timeout and not once a request.
  TimePoint sleeps_until_ ABSL_GUARDED_BY(mutex_) = TimePoint::max();
  std::jthread thread_;
};

}  // namespace slipway::onnxruntime
