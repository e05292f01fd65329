#pragma once
// The threads that run what is too long for an I/O thread, shared fairly between queues.

#include <condition_variable>
#include <map>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"

namespace slipway::batching {

/// Something with work. A queue announces itself once for each piece that may start.
class WorkSource {
 public:
  virtual ~WorkSource() = default;
  /// Runs one piece, or nothing when it was taken back meanwhile. Called on a worker.
  virtual void RunOne() = 0;
  /// The moment given to CallAt has come, or the pool ends. Called on a worker, or in the place of
  /// busy ones.
  virtual void OnTime() = 0;
  /// The pool has ended: nothing will run any more. Called in place of RunOne, on any thread.
  virtual void Abandon() = 0;

 private:
  friend class WorkerPool;
  using Timers = std::multimap<TimePoint, std::shared_ptr<WorkSource>>;
  // The pool's own.
  Duration used_{};  // of the workers' time
  int at_work_ = 0;  // workers that run pieces of it
  std::optional<Timers::iterator> timer_;
};

/// Of the sources that wait, the one that has used the least of the workers' time is next, so that
/// one model's backlog of long runs does not keep another's short ones from half of the time. Who
/// was away has no claim on the time meanwhile. Runs are not interrupted: a source none of whose
/// pieces runs, and that has waited for longer than a while, is given a thread more, one that all
/// such share, so that nobody's long runs, or runs that never end, are everybody's. While all
/// workers are busy that thread keeps the time.
/// Threads: Announce and CallAt from any.
class WorkerPool {
 public:
  /// @param patience  the while.
  explicit WorkerPool(int threads, Duration patience = std::chrono::milliseconds(10));
  ~WorkerPool();

  void Announce(std::shared_ptr<WorkSource> source);
  /// Calls OnTime at `when`, and not at the moment that was given for the source before. False when
  /// the pool ends: then it is not called. Cost: logarithmic in the sources that have a moment.
  bool CallAt(TimePoint when, std::shared_ptr<WorkSource> source);

  /// Finishes what was announced, then joins. What is announced later is abandoned.
  void Stop();
  int threads() const { return count_; }

 private:
  struct Announced {
    std::shared_ptr<WorkSource> source;
    TimePoint since;
  };

  void Work();
  void Relieve();
  std::shared_ptr<WorkSource> TakeNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::shared_ptr<WorkSource> Take(size_t index) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  /// The first of the announced that no worker runs; their count when there is none.
  size_t FirstNeglected() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  /// That one, when it has waited for long enough; null otherwise.
  std::shared_ptr<WorkSource> TakeNeglected() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  /// Null when none is due.
  std::shared_ptr<WorkSource> TakeDue() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  /// When the relief is next to do something: for what is neglected and, while all workers are
  /// busy, for the first timer.
  TimePoint ReliefIsDue() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  /// True when all workers are busy and the relief would look too late.
  bool NeedsRelief() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void RunPiece(WorkSource& source);

  const int count_;
  const Duration patience_;
  Mutex mutex_;
  std::condition_variable wake_, wake_relief_;
  std::vector<Announced> announced_ ABSL_GUARDED_BY(mutex_);  // in their order
  int idle_ ABSL_GUARDED_BY(mutex_) = 0;                      // workers
  TimePoint relief_looks_ ABSL_GUARDED_BY(mutex_){};          // by itself, at the latest
  WorkSource::Timers timers_ ABSL_GUARDED_BY(mutex_);         // one a source
  Duration reached_ ABSL_GUARDED_BY(mutex_){};                // used_ of the last one taken
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::jthread> threads_;
};

}  // namespace slipway::batching
