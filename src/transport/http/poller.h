#pragma once
// Waits for many descriptors on one thread: epoll, tasks from other threads, a tick.

#include <sys/epoll.h>

#include <array>
#include <atomic>
#include <functional>
#include <span>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/status.h"
#include "transport/http/descriptor.h"
#include "transport/http/short_waits.h"
#include "transport/http/transfer.h"

namespace slipway::http {

/// Threads: watchers and tasks are called on the thread of Run, one at a time; all methods belong
/// to that thread unless they say otherwise.
class Poller {
 public:
  class Watcher {
   public:
    virtual void OnReady(Readiness ready) = 0;

   protected:
    ~Watcher() = default;
  };

  /// Once, before everything else. @return kIo when the process has no descriptors left.
  Status Open();

  /// Calls `watcher` from now on when `fd` is readable or hung up, which may be at once. False when
  /// the kernel has no room for it.
  bool Watch(int fd, Watcher& watcher);
  /// From now on also when it is writable (again).
  void WatchWritable(int fd, Watcher& watcher);
  /// `watcher` is called no more. While `fd` is still open.
  void Forget(int fd, Watcher& watcher);
  /// Calls `watcher` once more, as readable, after the others had their turn.
  void CallAgain(Watcher& watcher);
  /// Calls `watcher` once more, as writable, when a few have asked for that or nobody else is
  /// ready: the same work done in a row finds its code and data in the caches.
  void CallTogether(Watcher& watcher);

  /// Others are ready now and will be called before those that asked for CallTogether, or at least
  /// so soon that it does not matter.
  bool has_ready() const { return !ready_.empty(); }

  /// Runs `task` soon. Threads: any.
  void Post(std::function<void()> task);
  /// Runs what was posted and not yet run. Also for the thread that joined the loop's.
  void RunPosted();

  struct Pause {
    Duration longest{};
    bool for_others = false;  // a watcher needs what another thread computes
  };
  /// Returns after Stop. `on_handled` is called when those that were ready were called, and at the
  /// end of each turn; `on_turn` between turns, it says what can be waited for until the next call.
  void Run(const std::function<void()>& on_handled,
           const std::function<Pause(TimePoint now)>& on_turn);
  /// Threads: any.
  void Stop();

 private:
  void Wake();
  void WaitFor(const Pause& pause);
  int Ask(int timeout_ms);
  int AskUntil(TimePoint end);
  void CallReady();
  void CallThoseAgain();
  void CallGathered();

  Descriptor epoll_;
  Descriptor wake_;  // an eventfd
  bool woken_ = false;
  std::array<epoll_event, 64> events_;
  std::span<epoll_event> ready_;           // of events_, not yet called
  std::array<ShortWaits, 2> short_waits_;  // by Pause::for_others
  std::vector<Watcher*> again_;
  std::vector<Watcher*> gathered_;
  std::vector<Watcher*> called_together_;  // by CallGathered; null = forgotten meanwhile
  std::atomic<bool> stopping_{false};
  Mutex mutex_;
  std::vector<std::function<void()>> posted_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace slipway::http
