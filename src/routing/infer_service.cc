#include "routing/infer_service.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "batching/joint_run.h"
#include "infer/classification.h"
#include "routing/ensemble_run.h"
#include "routing/resolver.h"

namespace slipway::routing {

using batching::Placement;
using batching::RunSize;
using lifecycle::ServedVersion;
using lifecycle::VersionHandle;

namespace {

constexpr size_t kMaxGroups = 16;  // of one thread: each request looks through them

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
  return same ? rows : 0;
}

/// One request's trouble is not its company's.
template <typename F>
Status NoThrow(const F& step) {
  try {
    return step();
  } catch (const std::exception& error) {
    return Error(Reason::kInternal, "a run threw: {}", error.what());
  }
}

std::optional<TimePoint> TightestDeadline(std::span<InferCall* const> calls) {
  std::optional<TimePoint> tightest;
  for (const InferCall* call : calls)
    if (const auto& deadline = call->request.context.deadline)
      tightest = std::min(tightest.value_or(TimePoint::max()), *deadline);
  return tightest;
}

// Watching a run costs as much as a small one: where time follows from sizes, nobody does.
Duration InlineLimit(const ServedVersion& version) {
  return version.time_follows_values ? version.run_limit : Duration::zero();
}

/// Gives the slot of an inline run back, also when the run throws: else it would be missing for
/// ever.
class InlineSlot {
 public:
  InlineSlot(batching::ModelQueue& queue, RunSize size, const RequestTimes& times)
      : queue_(queue), size_(size), times_(times) {}
  ~InlineSlot() {
    queue_.FinishInline(size_, std::max(times_.computed - times_.started, Duration::zero()), ok);
  }

  bool ok = false;

 private:
  batching::ModelQueue& queue_;
  const RunSize size_;
  const RequestTimes& times_;
};

}  // namespace

void InferCall::Reset() {
  request.Clear();
  response.Clear();
  results_.clear();
  times_ = {};
  rows_ = 1;
  joint_rows_ = 0;
  more_follow = false;
  cache_key_.reset();
  from_cache_ = false;
}

/// A call that has left its handler, with what its run needs: the version must not be unloaded.
class InferService::WaitingCall final : public batching::Job {
 public:
  WaitingCall(InferService& service, std::unique_ptr<InferCall> call, VersionHandle version)
      : service_(service), call_(std::move(call)), version_(std::move(version)) {
    cancelled = call_->Detach();
    size = call_->size_;
    deadline = call_->request.context.deadline;
    priority = call_->request.context.priority;
  }

  static InferCall& Of(const Job& job) { return *static_cast<const WaitingCall&>(job).call_; }
  static std::unique_ptr<InferCall> TakeBack(Job& job) {
    return std::move(static_cast<WaitingCall&>(job).call_);
  }

  bool Run() override {
    version_->metrics->AddPending(-1);
    call_->times_.started = service_.clock_.Now();
    const Status status = service_.Execute(*call_, *version_, version_->run_limit);
    service_.Finish(*call_, status, version_.get());
    return status.ok();
  }

  bool CanJoin(const Job& other) const override {
    const InferCall& theirs = Of(other);
    return call_->joint_rows_ > 0 && theirs.joint_rows_ > 0 &&
           batching::CanJoin(call_->bound_, theirs.bound_);
  }

  bool RunWith(std::span<const std::unique_ptr<Job>> others) override {
    std::vector<InferCall*> calls = {call_.get()};
    for (const auto& other : others) calls.push_back(&Of(*other));
    version_->metrics->AddPending(-static_cast<int64_t>(calls.size()));
    return service_.ExecuteTogether(calls, *version_, version_->run_limit);
  }

  void Drop(const Status& why) override {
    version_->metrics->AddPending(-1);
    service_.Finish(*call_, why, version_.get());
  }

 private:
  InferService& service_;
  std::unique_ptr<InferCall> call_;
  VersionHandle version_;
};

InferService::InferService(InferServiceOptions options,
                           const Snapshot<lifecycle::ServingTable>& table, int loops,
                           const Clock& clock)
    : default_timeout_(options.default_timeout), clock_(clock) {
  loops_.reserve(loops);
  for (int i = 0; i < loops; ++i) loops_.emplace_back(table);
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
  const TimePoint now = call->times_.parsed;  // nothing lies between that is worth a look
  return Place(std::move(call), version, now);
}

std::unique_ptr<InferCall> InferService::Launch(std::unique_ptr<InferCall> call,
                                                const VersionHandle& version, bool may_run) {
  if (!Begin(*call, *version)) return call;
  const TimePoint now = call->times_.parsed;
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

// ---- company

std::unique_ptr<InferCall> InferService::Gather(Loop& loop, std::unique_ptr<InferCall> call,
                                                const VersionHandle& version) {
  const int64_t rows = call->joint_rows_;
  for (Group& group : loop.groups) {
    if (group.version != version || group.rows + rows > group.target ||
        !batching::CanJoin(WaitingCall::Of(*group.calls.front()).bound_, call->bound_))
      continue;
    group.rows += rows;
    group.calls.push_back(std::make_unique<WaitingCall>(*this, std::move(call), version));
    return nullptr;
  }
  if (!call->more_follow || loop.groups.size() >= kMaxGroups) return call;
  const int64_t target = version->queue->InlineTarget(call->size_.row_bytes);
  if (rows >= target) return call;
  Group& group = loop.groups.emplace_back(Group{.version = version, .target = target});
  group.rows = rows;
  group.calls.push_back(std::make_unique<WaitingCall>(*this, std::move(call), version));
  return nullptr;
}

// An answer may let a connection go on with its next request, which may gather again.
void InferService::RunGathered(int loop) {
  Loop& own = loops_[loop];
  while (!own.groups.empty()) {
    own.running.swap(own.groups);
    for (Group& group : own.running) RunGroup(loop, group);
    own.running.clear();
  }
}

void InferService::RunGroup(int loop, Group& group) {
  const ServedVersion& version = *group.version;
  std::vector<std::unique_ptr<InferCall>> calls;
  std::vector<InferCall*> joined;
  for (auto& waiting : group.calls) {
    const bool gone = waiting->cancelled && waiting->cancelled->load(std::memory_order_relaxed);
    calls.push_back(WaitingCall::TakeBack(*waiting));
    if (gone)
      Finish(*calls.back(), MakeError(Reason::kCancelled, "the client has gone"), &version);
    else
      joined.push_back(calls.back().get());
  }
  if (joined.size() > 1) {
    RunSize size{0, joined.front()->size_.row_bytes};
    for (const InferCall* call : joined) size.rows += call->joint_rows_;
    const auto placement = version.queue->Admit(size, TightestDeadline(joined));
    if (placement.ok() && *placement == Placement::kInline) {
      InlineSlot slot(*version.queue, size, joined.front()->times_);
      slot.ok = ExecuteTogether(joined, version, InlineLimit(version));
      joined.clear();
    }
  }
  for (auto& call : calls) {
    if (std::ranges::find(joined, call.get()) != joined.end())
      call = Place(std::move(call), group.version, clock_.Now());
    if (call && call->home != nullptr) call->home->Return(loop, std::move(call));
  }
}

// ---- one by one

std::unique_ptr<InferCall> InferService::Place(std::unique_ptr<InferCall> call,
                                               const VersionHandle& handle, TimePoint now,
                                               bool may_run) {
  const ServedVersion& version = *handle;
  const auto placement = version.queue->Admit(call->size_, call->request.context.deadline, may_run);
  if (!placement.ok()) {
    Finish(*call, placement.status(), &version);
    return call;
  }
  if (*placement == Placement::kQueue) return Enqueue(std::move(call), handle);
  const Status status = [&] {
    InlineSlot slot(*version.queue, call->size_, call->times_);
    call->times_.started = now;
    Status run = Execute(*call, version, InlineLimit(version));
    slot.ok = run.ok();
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

Status InferService::Execute(InferCall& call, const ServedVersion& version, Duration limit) {
  RunOptions options{.deadline = call.request.context.deadline};
  const TimePoint end = call.times_.started + limit;
  const bool is_limited =
      limit > Duration::zero() && end < options.deadline.value_or(TimePoint::max());
  if (is_limited) options.deadline = end;
  Status run = version.model->Run(call.bound_.inputs, call.bound_.outputs, options, call.results_);
  call.times_.computed = clock_.Now();
  if (is_limited && !run.ok() && ReasonOf(run) == Reason::kDeadlineExceeded)
    run = Error(Reason::kDeadlineExceeded, "the run took longer than {} ms, the limit",
                std::chrono::duration_cast<std::chrono::milliseconds>(limit).count());
  if (!run.ok()) return Annotate(run, fmt::format("model \"{}\"", version.name.str()));
  version.metrics->RecordExecution(call.rows_, call.times_.computed - call.times_.started);
  return ShapeAnswer(call, version);
}

bool InferService::ExecuteTogether(std::span<InferCall* const> calls, const ServedVersion& version,
                                   Duration limit) {
  std::vector<batching::JointPart> parts;
  uint64_t rows = 0;
  RunOptions options{.deadline = TimePoint::min()};  // the last of theirs
  const TimePoint started = clock_.Now();
  for (InferCall* const call : calls) {
    call->times_.started = started;
    parts.push_back(
        {.bound = &call->bound_, .rows = call->joint_rows_, .results = &call->results_});
    rows += call->rows_;
    const auto& deadline = call->request.context.deadline;
    if (!deadline)
      options.deadline.reset();
    else if (options.deadline)
      options.deadline = std::max(*options.deadline, *deadline);
  }
  if (limit > Duration::zero())
    options.deadline = std::min(options.deadline.value_or(TimePoint::max()), started + limit);
  const Status run = NoThrow([&] { return RunJoined(*version.model, parts, options); });
  const TimePoint computed = clock_.Now();
  for (InferCall* const call : calls) call->times_.computed = computed;
  if (run.ok()) version.metrics->RecordExecution(rows, computed - started);
  for (InferCall* const call : calls) {
    const auto& deadline = call->request.context.deadline;
    Status status;
    if (!run.ok()) {  // perhaps because of one of them
      call->times_.started = clock_.Now();
      status = NoThrow([&] { return Execute(*call, version, limit); });
    } else if (deadline && *deadline < computed) {
      status = MakeError(Reason::kDeadlineExceeded, "the deadline passed during the run");
    } else {
      status = ShapeAnswer(*call, version);
    }
    Finish(*call, status, &version);
  }
  return run.ok();
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

void InferService::Finish(InferCall& call, const Status& status, const ServedVersion* version) {
  if (version != nullptr) {
    call.response.model = version->name.str();
    call.response.version = version->version;
  }
  const ModelMetrics::InFlight in_flight = std::exchange(call.in_flight_, {});
  const Status sent = call.Done(status, version);
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
