#pragma once
// One inference from a request with names to an answer, whatever protocol it came in by.

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/clock.h"
#include "base/snapshot.h"
#include "base/status.h"
#include "batching/joint_run.h"
#include "infer/request.h"
#include "infer/response_cache.h"
#include "infer/validate.h"
#include "lifecycle/serving_table.h"
#include "routing/table_charge.h"
#include "telemetry/model_metrics.h"

namespace slipway::routing {

class InferCall;

/// Takes calls back that were answered on their I/O thread, to use them again.
class CallHome {
 public:
  virtual void Return(int loop, std::unique_ptr<InferCall> call) = 0;

 protected:
  ~CallHome() = default;
};

/// A request, its answer, and how to get the answer out. A protocol derives from it.
/// Life: filled on an I/O thread, passed to InferService::Infer, then Done is called exactly once.
class InferCall {
 public:
  virtual ~InferCall() = default;

  InferRequest request;
  InferResponse response;
  CallHome* home = nullptr;  // may be null; outlives the call
  /// Other requests are at hand on this I/O thread and come before RunGathered.
  bool more_follow = false;

  /// The call is about to leave its I/O thread: whatever it borrows must stay alive until Done.
  /// @return the flag that tells that the client has gone (may be null).
  virtual std::shared_ptr<const std::atomic<bool>> Detach() = 0;

  /// Writes the answer. `status` OK: `response` is filled and `version` answered.
  /// @param version  null when none was resolved. On the I/O thread of Infer's caller, or on a
  /// worker
  ///   after Detach.
  /// @return what the client was told: `status`, or why its answer could not be written in its
  /// format.
  virtual Status Done(const Status& status, const lifecycle::ServedVersion* version) = 0;

  /// Ready for the next request; keeps capacity.
  virtual void Reset();

 private:
  friend class InferService;
  /// The client has gone. False as long as the call is on its thread.
  bool IsCancelled() const;
  /// Now, as far as is known without a look at the clock.
  TimePoint RunCanBegin() const { return times_.parsed + cache_time_; }

  BoundRequest bound_;
  TableCharge tables_;
  std::vector<Tensor> results_;
  RequestTimes times_;
  uint64_t rows_ = 1;       // that are counted
  int64_t joint_rows_ = 0;  // that may run with others'; 0: none
  batching::RunSize size_;
  std::shared_ptr<const std::atomic<bool>> cancelled_;  // once it has left its thread
  std::optional<CacheKey> cache_key_;                   // under which the answer is kept
  Duration cache_time_{};                               // spent on looking for it
  bool from_cache_ = false;
  bool is_trial_ = false;  // as an Arrival's
  ModelMetrics::InFlight in_flight_;
};

struct InferServiceOptions {
  Duration default_timeout{};     // for requests that name no deadline; zero = none
  size_t table_bytes = SIZE_MAX;  // of tables made of what all requests at hand sent
};

/// Threads: Infer from I/O thread `loop` only; everything else from any.
class InferService {
 public:
  InferService(InferServiceOptions options, const Snapshot<lifecycle::ServingTable>& table,
               int loops, const Clock& clock);
  ~InferService();

  /// May change live. Threads: any.
  void SetDefaultTimeout(Duration timeout) { default_timeout_ = timeout; }

  /// What requests hold of `table_bytes` now. Threads: any.
  size_t TableBytes() const { return tables_->taken_bytes.load(std::memory_order_relaxed); }

  /// What I/O thread `loop` sees. Valid until that thread's next call.
  const lifecycle::ServingTable& Table(int loop) { return loops_[loop].reader.Get(); }

  /// Resolves, binds, admits and runs: on this thread when the run is short, else on the pool. A
  /// short one that does better in company waits for RunGathered when others are at hand.
  /// @return the call for reuse when it is done, null when that comes later.
  std::unique_ptr<InferCall> Infer(int loop, std::unique_ptr<InferCall> call);

  /// Runs what has waited for company. On I/O thread `loop`, when all that was at hand is handled.
  void RunGathered(int loop);

  /// Answers a request that could not even be read, and counts it when it names a model that is
  /// served.
  void Refuse(int loop, InferCall& call, const Status& why);

 private:
  class EnsembleRun;
  class WaitingCall;
  /// Calls of one version that run as one.
  struct Group {
    lifecycle::VersionHandle version;
    int64_t target;  // rows
    int64_t rows = 0;
    std::vector<std::unique_ptr<batching::Job>> calls;  // WaitingCalls
  };
  struct alignas(64) Loop {
    explicit Loop(const Snapshot<lifecycle::ServingTable>& table) : reader(table) {}
    Snapshot<lifecycle::ServingTable>::Reader reader;
    std::vector<Group> groups;
    std::vector<Group> running;  // taken out of `groups`
  };

  Status Prepare(InferCall& call, const lifecycle::ServedVersion& version);
  /// False when the call is answered already: refused, or from the cache.
  bool Begin(InferCall& call, const lifecycle::ServedVersion& version);
  /// Begins and places a call on any thread. Null when its answer comes later.
  std::unique_ptr<InferCall> Launch(std::unique_ptr<InferCall> call,
                                    const lifecycle::VersionHandle& version, bool may_run);
  /// Null when the call was gathered.
  std::unique_ptr<InferCall> Gather(Loop& loop, std::unique_ptr<InferCall> call,
                                    const lifecycle::VersionHandle& version);
  void RunGroup(int loop, Group& group);
  /// Runs `call` here, if it may, hands it to the queue (then null is returned) or refuses it.
  std::unique_ptr<InferCall> Place(std::unique_ptr<InferCall> call,
                                   const lifecycle::VersionHandle& version, TimePoint now,
                                   bool may_run = true);
  std::unique_ptr<InferCall> Enqueue(std::unique_ptr<InferCall> call,
                                     const lifecycle::VersionHandle& version);
  /// Runs one that has started. @param end  then it is ended; TimePoint::max(): never.
  Status Execute(InferCall& call, const lifecycle::ServedVersion& version, TimePoint end);
  /// Runs the next piece; the answer is not shaped.
  Status ExecutePiece(InferCall& call, const lifecycle::ServedVersion& version,
                      batching::PiecewiseRun& pieces, TimePoint end);
  /// Calls `run` with its options. @param run  Status(const RunOptions&).
  template <typename Run>
  Status ExecuteUntil(InferCall& call, const lifecycle::ServedVersion& version, TimePoint end,
                      const Run& run);
  static bool IsInPieces(const InferCall& call, const lifecycle::ServedVersion& version) {
    return version.piece_rows > 0 && call.joint_rows_ > version.piece_rows;
  }
  static Status TookTooLong(const lifecycle::ServedVersion& version);
  // company.cc
  batching::RunOutcome ExecuteTogether(std::span<InferCall* const> calls,
                                       const lifecycle::ServedVersion& version, TimePoint start,
                                       TimePoint end);
  Status TakeShare(InferCall& call, const lifecycle::ServedVersion& version);
  Status RunAfterAll(InferCall& call, const lifecycle::ServedVersion& version, TimePoint end);
  Status ShapeAnswer(InferCall& call, const lifecycle::ServedVersion& version);
  /// True when an earlier answer was given; else this one will be kept.
  bool AnswerFromCache(InferCall& call, const lifecycle::ServedVersion& version);
  void KeepAnswer(InferCall& call, const lifecycle::ServedVersion& version);
  Status Answer(InferCall& call, const Status& status, const lifecycle::ServedVersion* version);
  void Finish(InferCall& call, const Status& status, const lifecycle::ServedVersion* version);

  std::atomic<Duration> default_timeout_;
  const std::shared_ptr<TableBudget> tables_ = std::make_shared<TableBudget>();
  std::vector<Loop> loops_;
  const Clock& clock_;
};

}  // namespace slipway::routing
