#pragma once
// The gate in front of one model version: how many runs at once, who waits, who is refused.

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <optional>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/status.h"
#include "batching/admission.h"
#include "batching/cost_model.h"
#include "batching/worker_pool.h"

namespace slipway::batching {

/// One request on its way to a run. Exactly one of Run and Drop is called, once.
class Job {
 public:
  virtual ~Job() = default;
  virtual void Run() = 0;
  /// The request will not run: its deadline passed or its client went while it waited, or the queue
  /// was closed.
  virtual void Drop(const Status& why) = 0;

  size_t input_bytes = 0;
  std::optional<TimePoint> deadline;
  std::shared_ptr<const std::atomic<bool>> cancelled;  // may be null
};

struct ModelQueueOptions {
  int instances = 1;
  AdmissionOptions admission;
};

/// Threads: every method from any. A queue must be owned by a shared_ptr.
class ModelQueue final : public WorkSource, public std::enable_shared_from_this<ModelQueue> {
 public:
  ModelQueue(ModelQueueOptions options, WorkerPool& pool, const Clock& clock);

  /// Decides where the request runs. kInline: the caller runs it itself and must call FinishInline
  /// with the time it took, also when the run throws. kQueue: the caller hands the job to Enqueue.
  StatusOr<Placement> Admit(size_t input_bytes, std::optional<TimePoint> deadline);
  void FinishInline(size_t input_bytes, Duration took);

  /// @return kQueueFull when the last place was taken since Admit; then `job` was not touched.
  Status Enqueue(std::unique_ptr<Job>& job);

  size_t waiting() const { return waiting_.load(std::memory_order_relaxed); }
  int running() const { return running_.load(std::memory_order_relaxed); }
  CostModel& cost() { return cost_; }

  void RunOne() override;
  /// Drops what waits, with kDraining.
  void Abandon() override;

 private:
  std::unique_ptr<Job> TakeNext();
  /// Gives a slot back and lets the next waiting job start, if any.
  void Release();
  void StartWaiting();
  /// True when a job waits and a slot was free for it.
  bool TakeSlotForWaiting();
  void RunNext();

  const ModelQueueOptions options_;
  WorkerPool& pool_;
  const Clock& clock_;
  CostModel cost_;
  std::atomic<int> running_{0};     // runs in progress or announced to the pool
  std::atomic<size_t> waiting_{0};  // size of jobs_, readable without the lock
  Mutex mutex_;
  std::deque<std::unique_ptr<Job>> jobs_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace slipway::batching
