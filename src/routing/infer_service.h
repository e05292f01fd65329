#pragma once
// One inference from a request with names to an answer, whatever protocol it came in by.

#include <memory>
#include <vector>

#include "base/clock.h"
#include "base/snapshot.h"
#include "base/status.h"
#include "infer/request.h"
#include "infer/validate.h"
#include "lifecycle/serving_table.h"
#include "telemetry/model_metrics.h"

namespace slipway::routing {

/// A request, its answer, and how to get the answer out. A protocol derives from it.
/// Life: filled on an I/O thread, passed to InferService::Infer, then Done is called exactly once.
class InferCall {
 public:
  virtual ~InferCall() = default;

  InferRequest request;
  InferResponse response;

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
  BoundRequest bound_;
  std::vector<Tensor> results_;
  RequestTimes times_;
  uint64_t rows_ = 1;
  ModelMetrics::InFlight in_flight_;
};

struct InferServiceOptions {
  Duration default_timeout{};  // for requests that name no deadline; zero = none
};

/// Threads: Infer from I/O thread `loop` only; everything else from any.
class InferService {
 public:
  InferService(InferServiceOptions options, const Snapshot<lifecycle::ServingTable>& table,
               int loops, const Clock& clock);

  /// May change live. Threads: any.
  void SetDefaultTimeout(Duration timeout) { default_timeout_ = timeout; }

  /// What I/O thread `loop` sees. Valid until that thread's next call.
  const lifecycle::ServingTable& Table(int loop) { return readers_[loop].reader.Get(); }

  /// Resolves, binds, admits and runs: on this thread when the run is short, else on the pool.
  /// @return the call for reuse when it is done, null when it went to the pool.
  std::unique_ptr<InferCall> Infer(int loop, std::unique_ptr<InferCall> call);

  /// Answers a request that could not even be read, and counts it when it names a model that is
  /// served.
  void Refuse(int loop, InferCall& call, const Status& why);

 private:
  class PooledRun;
  struct alignas(64) LoopReader {
    Snapshot<lifecycle::ServingTable>::Reader reader;
  };

  Status Prepare(InferCall& call, const lifecycle::ServedVersion& version);
  Status Execute(InferCall& call, const lifecycle::ServedVersion& version);
  void Finish(InferCall& call, const Status& status, const lifecycle::ServedVersion* version);

  std::atomic<Duration> default_timeout_;
  std::vector<LoopReader> readers_;
  const Clock& clock_;
};

}  // namespace slipway::routing
