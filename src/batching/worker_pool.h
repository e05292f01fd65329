#pragma once
// The threads that run what is too long for an I/O thread, shared fairly between queues.

#include <condition_variable>
#include <deque>
#include <memory>
#include <thread>
#include <vector>

#include "base/mutex.h"

namespace slipway::batching {

/// Something with work. A queue announces itself once for each piece that may start.
class WorkSource {
 public:
  virtual ~WorkSource() = default;
  /// Runs one piece, or nothing when it was taken back meanwhile. Called on a worker.
  virtual void RunOne() = 0;
  /// The pool has ended: nothing will run any more. Called in place of RunOne, on any thread.
  virtual void Abandon() = 0;
};

/// Sources take turns in the order they announced, so one model's backlog does not delay another's
/// single request by more than the runs in progress.
/// Threads: Announce from any.
class WorkerPool {
 public:
  explicit WorkerPool(int threads);
  ~WorkerPool();

  void Announce(std::shared_ptr<WorkSource> source);

  /// Finishes what was announced, then joins. What is announced later is abandoned.
  void Stop();
  int threads() const { return static_cast<int>(threads_.size()); }

 private:
  void Work();

  Mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::shared_ptr<WorkSource>> announced_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::jthread> threads_;
};

}  // namespace slipway::batching
