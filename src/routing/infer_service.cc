#include "routing/infer_service.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "base/log.h"
#include "infer/classification.h"
#include "routing/ensemble_run.h"
#include "routing/inline_run.h"
#include "routing/resolver.h"
#include "routing/waiting_call.h"

namespace slipway::routing {

using batching::Placement;
using batching::RunSize;
using lifecycle::ServedVersion;
using lifecycle::VersionHandle;

namespace {

constexpr int64_t kMaxJointRows = 1 << 20;  // sums over a queue of them do not overflow

size_t InputBytes(const InferRequest& request) {
  size_t bytes = 0;
  for (const NamedTensor& input : request.inputs) bytes += input.tensor.data.size();
  return bytes;
}

/// Rows of a batch: every input must bring the same number, at most the configured one.
StatusOr<uint64_t> CountRows(const InferRequest& request, const ServedVersion& version) {
  if (!version.batched || request.inputs.empty()) return 1;
  const int64_t rows = request.inputs.front().tensor.shape.front();
  for (const NamedTensor& input : request.inputs)
    if (input.tensor.shape.front() != rows)
      return Error(Reason::kBadRequest, "input \"{}\": expected {} rows like input \"{}\", got {}",
                   input.name, rows, request.inputs.front().name, input.tensor.shape.front());
  if (const int limit = version.config.max_batch_size.value_or(0); limit > 0 && rows > limit)
    return Error(Reason::kBadRequest, "expected a batch of at most {} rows, got {}", limit, rows);
  return static_cast<uint64_t>(rows);
}

/// Rows that may run with those of other requests; 0: none.
int64_t JointRows(const InferRequest& request, const ServedVersion& version) {
  if (!version.row_wise) return 0;
  const int64_t rows = request.inputs.front().tensor.shape.front();
  const bool same = std::ranges::all_of(request.inputs, [rows](const NamedTensor& input) {
    return input.tensor.shape.front() == rows;
  });
  return same && rows <= kMaxJointRows ? rows : 0;
}

}  // namespace

void InferCall::Reset() {
  request.Clear();
  response.Clear();
  results_.clear();
  bound_.made.clear();
  tables_.Release();
  times_ = {};
  rows_ = 1;
  joint_rows_ = 0;
  more_follow = false;
  cache_key_.reset();
  cache_time_ = {};
  from_cache_ = false;
  is_trial_ = false;
  cancelled_.reset();
}

bool InferCall::IsCancelled() const {
  return cancelled_ && cancelled_->load(std::memory_order_relaxed);
}

InferService::InferService(InferServiceOptions options,
                           const Snapshot<lifecycle::ServingTable>& table, int loops,
                           const Clock& clock)
    : default_timeout_(options.default_timeout), clock_(clock) {
  loops_.reserve(loops);
  for (int i = 0; i < loops; ++i) loops_.emplace_back(table);
  tables_->limit_bytes = options.table_bytes;
}

InferService::~InferService() = default;

std::unique_ptr<InferCall> InferService::Infer(int loop, std::unique_ptr<InferCall> call) {
  const InferRequest& request = call->request;
  const auto resolved = Resolve(Table(loop), request.model, request.version);
  if (!resolved.ok()) {
    Finish(*call, resolved.status(), nullptr);
    return call;
  }
  const VersionHandle& version = **resolved;
  if (!Begin(*call, *version)) return call;
  if (version->config.is_ensemble())
    return EnsembleRun::Start(*this, loop, std::move(call), version);
  if (call->joint_rows_ > 0) call = Gather(loops_[loop], std::move(call), version);
  if (!call) return nullptr;
  const TimePoint now = call->RunCanBegin();
  return Place(std::move(call), version, now);
}

std::unique_ptr<InferCall> InferService::Launch(std::unique_ptr<InferCall> call,
                                                const VersionHandle& version, bool may_run) {
  if (!Begin(*call, *version)) return call;
  const TimePoint now = call->RunCanBegin();
  return Place(std::move(call), version, now, may_run);
}

bool InferService::Begin(InferCall& call, const ServedVersion& version) {
  call.in_flight_ = ModelMetrics::InFlight(version.metrics);
  if (const Status ready = Prepare(call, version); !ready.ok()) {
    Finish(call, ready, &version);
    return false;
  }
  return !version.cache || !AnswerFromCache(call, version);
}

// ---- one by one

std::unique_ptr<InferCall> InferService::Place(std::unique_ptr<InferCall> call,
                                               const VersionHandle& handle, TimePoint now,
                                               bool may_run) {
  const ServedVersion& version = *handle;
  const auto placement = version.queue->Admit({.size = call->size_,
                                               .deadline = call->request.context.deadline,
                                               .priority = call->request.context.priority,
                                               .may_run = may_run,
                                               .is_trial = call->is_trial_});
  if (!placement.ok()) {
    Finish(*call, placement.status(), &version);
    return call;
  }
  if (*placement == Placement::kQueue) return Enqueue(std::move(call), handle);
  const Status status = [&] {
    InlineSlot slot(*version.queue, call->size_);
    call->times_.started = now;
    Status run = Execute(*call, version, EndOfInlineRun(now, version));
    slot.outcome = {run.ok(), call->times_.computed - now};
    return run;
  }();
  Finish(*call, status, &version);
  return call;
}

std::unique_ptr<InferCall> InferService::Enqueue(std::unique_ptr<InferCall> call,
                                                 const VersionHandle& version) {
  std::unique_ptr<batching::Job> job =
      std::make_unique<WaitingCall>(*this, std::move(call), version);
  version->metrics->AddPending(1);
  const Status queued = version->queue->Enqueue(job);
  if (queued.ok()) return nullptr;
  version->metrics->AddPending(-1);
  call = WaitingCall::TakeBack(*job);
  Finish(*call, queued, version.get());
  return call;
}

void InferService::Refuse(int loop, InferCall& call, const Status& why) {
  if (call.request.model.empty()) return Finish(call, why, nullptr);
  const auto resolved = Resolve(Table(loop), call.request.model, call.request.version);
  // A model that is not there matters more than what was wrong with the body sent to it.
  if (resolved.ok())
    Finish(call, why, (*resolved)->get());
  else
    Finish(call, resolved.status(), nullptr);
}

Status InferService::Prepare(InferCall& call, const ServedVersion& version) {
  InferRequest& request = call.request;
  RETURN_IF_ERROR(Bind(request, version.signature, call.bound_));
  if (!call.bound_.made.empty()) RETURN_IF_ERROR(call.tables_.Take(call.bound_, tables_));
  ASSIGN_OR_RETURN(call.rows_, CountRows(request, version));
  call.joint_rows_ = JointRows(request, version);
  call.size_ = RunSize::Of(std::max<int64_t>(call.joint_rows_, 1), InputBytes(request));
  const Duration timeout = default_timeout_.load(std::memory_order_relaxed);
  if (!request.context.deadline && timeout > Duration::zero())
    request.context.deadline = request.context.received + timeout;
  call.times_.received = request.context.received;
  call.times_.parsed = clock_.Now();
  return OkStatus();
}

// ---- runs

Status InferService::TookTooLong(const ServedVersion& version) {
  return Error(Reason::kDeadlineExceeded, "the run took longer than {} ms, the limit",
               std::chrono::duration_cast<std::chrono::milliseconds>(version.run_limit).count());
}

template <typename Run>
Status InferService::ExecuteUntil(InferCall& call, const ServedVersion& version, TimePoint end,
                                  const Run& run) {
  RunOptions options{.deadline = call.request.context.deadline};
  const bool is_limited = end < options.deadline.value_or(TimePoint::max());
  if (is_limited) options.deadline = end;
  Status status = run(options);
  call.times_.computed = clock_.Now();
  if (is_limited && !status.ok() && ReasonOf(status) == Reason::kDeadlineExceeded)
    status = TookTooLong(version);
  if (status.ok()) return status;
  return Annotate(status, fmt::format("model \"{}\"", version.name.str()));
}

Status InferService::Execute(InferCall& call, const ServedVersion& version, TimePoint end) {
  if (IsInPieces(call, version)) {
    batching::PiecewiseRun pieces(call.bound_, call.joint_rows_, version.piece_rows);
    while (pieces.rows_left() > 0) RETURN_IF_ERROR(ExecutePiece(call, version, pieces, end));
    return ShapeAnswer(call, version);
  }
  RETURN_IF_ERROR(ExecuteUntil(call, version, end, [&](const RunOptions& options) {
    return version.model->Run(call.bound_.inputs, call.bound_.outputs, options, call.results_);
  }));
  version.metrics->RecordExecution(call.rows_, call.times_.computed - call.times_.started);
  return ShapeAnswer(call, version);
}

Status InferService::ExecutePiece(InferCall& call, const ServedVersion& version,
                                  batching::PiecewiseRun& pieces, TimePoint end) {
  const TimePoint begin = clock_.Now();
  const int64_t rows = pieces.next_rows();
  RETURN_IF_ERROR(ExecuteUntil(call, version, end, [&](const RunOptions& options) {
    return pieces.RunNext(*version.model, options, call.results_);
  }));
  version.metrics->RecordExecution(version.batched ? static_cast<uint64_t>(rows) : 1,
                                   call.times_.computed - begin);
  return OkStatus();
}

Status InferService::ShapeAnswer(InferCall& call, const ServedVersion& version) {
  auto& outputs = call.response.outputs;
  outputs.resize(call.results_.size());
  for (size_t i = 0; i < outputs.size(); ++i) {
    const TensorSpec& spec = version.signature.outputs[call.bound_.outputs[i]];
    outputs[i].name = spec.name;
    const uint32_t classes =
        call.request.outputs.empty() ? 0 : call.request.outputs[i].classification;
    if (classes == 0) {
      outputs[i].tensor = std::move(call.results_[i]);
      continue;
    }
    auto best = Classify(call.results_[i], classes, version.batched, spec.labels);
    if (!best.ok()) return Annotate(best.status(), fmt::format("output \"{}\"", spec.name));
    outputs[i].tensor = *std::move(best);
  }
  if (call.cache_key_) KeepAnswer(call, version);
  return OkStatus();
}

// ---- answers of earlier requests

bool InferService::AnswerFromCache(InferCall& call, const ServedVersion& version) {
  const CacheKey& key = call.cache_key_.emplace(call.request, call.bound_);
  const auto answer = version.cache->Find(key, call.times_.parsed);
  call.cache_time_ = clock_.Now() - call.times_.parsed;
  if (!answer) return false;
  call.response.outputs = *answer;
  call.from_cache_ = true;
  Finish(call, OkStatus(), &version);
  return true;
}

void InferService::KeepAnswer(InferCall& call, const ServedVersion& version) {
  version.cache->Insert(*call.cache_key_, call.response.outputs, call.times_.computed);
  version.metrics->RecordCacheMiss(call.cache_time_ + (clock_.Now() - call.times_.computed));
}

// Whoever holds a call that could not answer answers for it when it ends.
Status InferService::Answer(InferCall& call, const Status& status, const ServedVersion* version) {
  try {
    return call.Done(status, version);
  } catch (const std::exception& error) {
    log::Error("an answer could not be written", {{"what", error.what()}});
    return Error(Reason::kInternal, "the answer could not be written: {}", error.what());
  }
}

void InferService::Finish(InferCall& call, const Status& status, const ServedVersion* version) {
  if (version != nullptr) {
    call.response.model = version->name.str();
    call.response.version = version->version;
  }
  const ModelMetrics::InFlight in_flight = std::exchange(call.in_flight_, {});
  const Status sent = Answer(call, status, version);
  if (version == nullptr) return;
  call.times_.responded = clock_.Now();
  ModelMetrics& metrics = *version->metrics;
  if (!sent.ok())
    metrics.RecordFailure(ReasonOf(sent), call.times_.responded - call.request.context.received);
  else if (call.from_cache_)
    metrics.RecordCacheHit(call.times_, call.cache_time_);
  else
    metrics.RecordSuccess(call.times_, call.rows_);
}

}  // namespace slipway::routing
