#pragma once
#include <atomic>
#include <chrono>
#include <optional>

#include "base/clock.h"
#include "io/file.h"

namespace slipway::server {

/// Signals as values: blocked in every thread, waited for by one.
class Signals {
 public:
  /// Blocks them in the calling thread and all that it starts later: before any other thread.
  Signals();

  enum class Event { kStop, kReload, kMoreLog, kLessLog, kWoken, kElapsed };
  /// The next one: SIGTERM and SIGINT stop, SIGHUP reloads, SIGUSR1 logs more, SIGUSR2 less.
  /// kElapsed when `patience` is over before.
  Event Wait(std::optional<std::chrono::milliseconds> patience = std::nullopt);

  /// Makes Wait return kWoken. Threads: any.
  void Wake();

 private:
  io::FileDescriptor signals_;
  io::FileDescriptor woken_;
};

/// Until `ended` (then Wake): whoever asks twice wants it to end now, whatever is in flight or does
/// not end. The process exits at the next kStop: with 1 while not `drained`, else with 0. One
/// within a second is the first request again: wrappers such as timeout(1) and supervisors that
/// signal a whole group deliver it twice.
void ExitAtSecondStop(Signals& signals, const Clock& clock, const std::atomic<bool>& drained,
                      const std::atomic<bool>& ended);

}  // namespace slipway::server
