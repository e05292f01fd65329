#pragma once
// The gate in front of one model version: how many runs at once, who waits, who is refused, and who
// runs together.

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/status.h"
#include "batching/admission.h"
#include "batching/batch_policy.h"
#include "batching/cost_model.h"
#include "batching/wait_model.h"
#include "batching/worker_pool.h"

namespace slipway::batching {

/// What became of a run.
struct RunOutcome {
  bool ok = false;  // one that failed says little of what runs take
  Duration took{};  // by the model alone: without the answers that are written then
  // Of a request in pieces that is not done: of the piece, of which `took` speaks as well, and of
  // what is left. The last piece's outcome is that of the whole request.
  int64_t rows = 0, rows_left = 0;
};

/// A request that asks where it may run.
struct Arrival {
  RunSize size;
  std::optional<TimePoint> deadline;
  uint32_t priority = 0;  // 1 goes first; 0: the queue's default
  bool may_run = true;    // false: never kInline
  bool is_trial = false;  // is not refused for what the costs say
};

/// One request on its way to a run. Exactly one of Run, RunWith (as the first or one of the others)
/// and Drop is called, once; but that Run is called again, or Drop then, as long as rows are left.
class Job {
 public:
  virtual ~Job() = default;
  virtual RunOutcome Run() = 0;
  /// True when the two can run as one.
  virtual bool CanJoin(const Job& other) const = 0;
  /// Runs this one and `others`, each of which it can join, as one.
  virtual RunOutcome RunWith(std::span<const std::unique_ptr<Job>> others) = 0;
  /// The request will not run: its deadline passed or its client went while it waited, or the queue
  /// was closed.
  virtual void Drop(const Status& why) = 0;

  RunSize size;
  uint32_t priority = 0;  // as an Arrival's
  std::optional<TimePoint> deadline;
  std::shared_ptr<const std::atomic<bool>> cancelled;  // may be null

 private:
  friend class ModelQueue;
  TimePoint queued_{};
  Duration share_{};       // of the backlog
  Duration rest_{};        // of its own runs, after the next piece
  int64_t rows_left_ = 0;  // of one that has begun to run in pieces
  Duration turn_{};        // that its last piece took
  Duration ahead_{};       // of its run, as the costs said
  size_t level_ = 0;       // of the queue's
  bool is_late_ = false;   // behind all others of its level
};

/// Requests of one priority.
struct LevelOptions {
  size_t max_queue = 0;     // that may wait; 0: no limit but the version's
  Duration max_age{};       // that one may wait; 0: any
  bool is_delayed = false;  // past max_age: behind all others of its level, instead of refused
};

struct ModelQueueOptions {
  int instances = 1;
  Duration run_limit{};  // of a run on the pool: it is ended then; 0: none
  AdmissionOptions admission;
  BatchOptions batch;
  std::vector<LevelOptions> levels = {{}};  // by priority, from 1; at least one
  size_t default_level = 0;                 // of requests without a priority, or with one too low
};

/// Threads: every method from any. A queue must be owned by a shared_ptr.
class ModelQueue final : public WorkSource, public std::enable_shared_from_this<ModelQueue> {
 public:
  /// @param cost  what is known of the model's runs; each run adds to it.
  ModelQueue(ModelQueueOptions options, WorkerPool& pool, const Clock& clock,
             std::shared_ptr<CostModel> cost = std::make_shared<CostModel>());

  /// Decides where the request runs, or the requests that run as one. kInline: the caller runs it
  /// itself and must call FinishInline, also when the run throws. kQueue: the caller hands the job
  /// to Enqueue.
  StatusOr<Placement> Admit(const Arrival& arrival);
  void FinishInline(RunSize size, const RunOutcome& outcome);

  /// What Admit goes by; without a deadline of the request, its place alone.
  AdmissionView Look(const Arrival& arrival) const;
  /// Nobody waits, and it is time to try a request that the costs would refuse: whom they refuse
  /// teaches nothing.
  bool TimeToTry();

  /// How many rows of such requests are best run as one, by whoever has several at hand; 1: none.
  int64_t InlineTarget(size_t row_bytes);

  /// @return kQueueFull when the last place was taken since Admit; then `job` was not touched.
  Status Enqueue(std::unique_ptr<Job>& job);

  /// A run on the pool was to be ended and has not come back; its worker is lost until it does.
  bool IsStuck();

  size_t waiting() const { return waiting_.load(std::memory_order_relaxed); }
  int running() const { return running_.load(std::memory_order_relaxed); }
  const CostModel& cost() const { return *cost_; }

  void RunOne() override;
  void OnTime() override;
  /// Drops what waits, with kDraining.
  void Abandon() override;

 private:
  using Jobs = std::vector<std::unique_ptr<Job>>;
  struct Refused {
    std::unique_ptr<Job> job;
    Status why;
  };

  /// The part of a run that so many rows make up, when they run in the best number.
  Duration ShareOf(RunSize size) const;
  /// What the costs say until a run of `size` could begin that goes before all of lower levels.
  Duration Ahead(RunSize size, size_t level) const;
  /// The request is one of several pieces, each of which waits for its turn.
  bool InPieces(RunSize size) const {
    return options_.batch.splits && size.rows > options_.batch.max_rows;
  }
  /// What of a request has not run.
  static RunSize Left(const Job& job) {
    return {job.rows_left_ > 0 ? job.rows_left_ : job.size.rows, job.size.row_bytes};
  }
  /// What runs in one turn of a request.
  RunSize TurnOf(RunSize size) const;
  /// What the other turns of a request wait for.
  Duration Between(RunSize size, size_t level) const;
  /// Others wait, and a run that begins now would end too late.
  bool IsHopeless(const Job& job, TimePoint now) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool TimeToProbe();
  bool IsJoining() const { return options_.batch.max_rows > 1; }

  // What runs next.
  Jobs TakeNext(std::vector<Refused>& refused);
  /// One at a time of a level keeps answers of pieces and waits: others begin when it is done.
  bool MayRun(const Job& job) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return job.rows_left_ > 0 || !InPieces(job.size) || begun_[job.level_] == 0;
  }
  /// It waits for its next turn behind others of its level that take as long as the last one did:
  /// so it goes on, however many come.
  void PutBack(std::unique_ptr<Job> job, const RunOutcome& outcome);
  /// What it waits for from now on.
  void Estimate(Job& job);
  std::unique_ptr<Job> TakeAny();
  void RefuseStale(TimePoint now, std::vector<Refused>& refused)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void RefuseExpired(TimePoint now, std::vector<Refused>& refused)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Jobs TakeBatch(TimePoint now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  struct Candidates {
    std::vector<size_t> jobs;  // places, the leader's first
    int64_t target = 1;        // rows
    BatchView view;
  };
  /// After it a request of the level is refused; zero: never.
  Duration AgeLimit(size_t level) const;
  Candidates Gather(size_t leader, TimePoint now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Jobs TakeRows(Candidates candidates, int64_t rows) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool HoldUntil(TimePoint when) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  /// What waits is looked at when the deadline has passed, or before.
  void Watch(TimePoint deadline, TimePoint now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  /// OnTime is called then, or before. False when the pool ends: nobody would call.
  bool WakeAt(TimePoint when) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  /// Of what waits and could run with `job`, itself included.
  int64_t RowsWith(const Job& job) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  /// What has come lately may let something start.
  void ReconsiderHold(const Job& job) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Add(std::unique_ptr<Job> job) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Insert(std::unique_ptr<Job> job) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  size_t LevelOf(uint32_t priority) const;
  std::unique_ptr<Job> Take(size_t index) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void RunNext();
  static RunOutcome RunBatch(const Jobs& batch);
  void Learn(RunSize size, const RunOutcome& outcome);

  /// Gives a slot back and lets the next waiting job start, if any.
  void Release();
  void StartWaiting();
  /// True when a job may start and a slot was free for it.
  bool TakeSlotForWaiting();

  const ModelQueueOptions options_;
  WorkerPool& pool_;
  const Clock& clock_;
  const std::shared_ptr<CostModel> cost_;
  WaitModel wait_;
  std::atomic<int> running_{0};                   // runs in progress or announced to the pool
  std::atomic<size_t> waiting_{0};                // size of jobs_, readable without the lock
  std::vector<std::atomic<int64_t>> backlog_ns_;  // the shares of what waits, by level
  std::atomic<int64_t> rest_ns_{0};               // of all that waits
  std::atomic<bool> held_{false};                 // what waits is to wait for more
  std::atomic<uint32_t> decisions_{0};
  std::atomic<uint32_t> trials_{0};
  Mutex mutex_;
  std::multiset<TimePoint> started_ ABSL_GUARDED_BY(mutex_);  // runs on the pool
  bool told_stuck_ ABSL_GUARDED_BY(mutex_) = false;
  TimePoint held_until_ ABSL_GUARDED_BY(mutex_){};
  std::optional<TimePoint> timer_ ABSL_GUARDED_BY(mutex_);  // that the pool has for this queue
  TimePoint looked_ ABSL_GUARDED_BY(mutex_){};              // for deadlines that have passed
  std::deque<std::unique_ptr<Job>> jobs_ ABSL_GUARDED_BY(mutex_);  // by level, late ones last
  std::vector<size_t> level_sizes_ ABSL_GUARDED_BY(mutex_);        // of jobs_
  std::vector<size_t> begun_ ABSL_GUARDED_BY(mutex_);  // those that have rows left, by level
};

}  // namespace slipway::batching
