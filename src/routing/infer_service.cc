#include "routing/infer_service.h"

#include <algorithm>
#include <utility>

#include "infer/classification.h"
#include "routing/resolver.h"

namespace slipway::routing {

using batching::Placement;
using lifecycle::ServedVersion;
using lifecycle::VersionHandle;

namespace {

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

/// Gives the slot of an inline run back, also when the run throws: else it would be missing for
/// ever.
class InlineSlot {
 public:
  InlineSlot(batching::ModelQueue& queue, size_t input_bytes, const RequestTimes& times)
      : queue_(queue), input_bytes_(input_bytes), times_(times) {}
  ~InlineSlot() {
    queue_.FinishInline(input_bytes_, std::max(times_.computed - times_.started, Duration::zero()));
  }

 private:
  batching::ModelQueue& queue_;
  const size_t input_bytes_;
  const RequestTimes& times_;
};

}  // namespace

void InferCall::Reset() {
  request.Clear();
  response.Clear();
  results_.clear();
  times_ = {};
  rows_ = 1;
}

InferService::InferService(InferServiceOptions options,
                           const Snapshot<lifecycle::ServingTable>& table, int loops,
                           const Clock& clock)
    : default_timeout_(options.default_timeout), clock_(clock) {
  readers_.reserve(loops);
  for (int i = 0; i < loops; ++i)
    readers_.push_back({Snapshot<lifecycle::ServingTable>::Reader(table)});
}

/// Owns everything a run on the pool needs: the call, and the version that must not be unloaded.
class InferService::PooledRun final : public batching::Job {
 public:
  PooledRun(InferService& service, std::unique_ptr<InferCall> call, VersionHandle version)
      : service_(service), call_(std::move(call)), version_(std::move(version)) {
    input_bytes = InputBytes(call_->request);
    deadline = call_->request.context.deadline;
    version_->metrics->AddPending(1);
  }

  std::unique_ptr<InferCall> TakeBack() {
    version_->metrics->AddPending(-1);
    return std::move(call_);
  }

  void Run() override {
    version_->metrics->AddPending(-1);
    call_->times_.started = service_.clock_.Now();
    service_.Finish(*call_, service_.Execute(*call_, *version_), version_.get());
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

std::unique_ptr<InferCall> InferService::Infer(int loop, std::unique_ptr<InferCall> call) {
  InferRequest& request = call->request;
  const auto resolved = Resolve(Table(loop), request.model, request.version);
  if (!resolved.ok()) {
    Finish(*call, resolved.status(), nullptr);
    return call;
  }
  const VersionHandle& handle = **resolved;
  const ServedVersion& version = *handle;
  call->in_flight_ = ModelMetrics::InFlight(version.metrics);
  const size_t input_bytes = InputBytes(request);
  if (const Status ready = Prepare(*call, version); !ready.ok()) {
    Finish(*call, ready, &version);
    return call;
  }
  const auto placement = version.queue->Admit(input_bytes, request.context.deadline);
  if (!placement.ok()) {
    Finish(*call, placement.status(), &version);
    return call;
  }
  if (*placement == Placement::kInline) {
    const Status status = [&] {
      const InlineSlot slot(*version.queue, input_bytes, call->times_);
      call->times_.started = call->times_.parsed;  // nothing lies between that is worth a look
      return Execute(*call, version);
    }();
    Finish(*call, status, &version);
    return call;
  }
  auto cancelled = call->Detach();
  auto run = std::make_unique<PooledRun>(*this, std::move(call), handle);
  run->cancelled = std::move(cancelled);
  std::unique_ptr<batching::Job> job = std::move(run);
  if (const Status queued = version.queue->Enqueue(job); !queued.ok()) {
    call = static_cast<PooledRun&>(*job).TakeBack();
    Finish(*call, queued, &version);
    return call;
  }
  return nullptr;
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
  const Duration timeout = default_timeout_.load(std::memory_order_relaxed);
  if (!request.context.deadline && timeout > Duration::zero())
    request.context.deadline = request.context.received + timeout;
  call.times_.received = request.context.received;
  call.times_.parsed = clock_.Now();
  return OkStatus();
}

Status InferService::Execute(InferCall& call, const ServedVersion& version) {
  const InferRequest& request = call.request;
  const Status run = version.model->Run(call.bound_.inputs, call.bound_.outputs,
                                        {.deadline = request.context.deadline}, call.results_);
  call.times_.computed = clock_.Now();
  if (!run.ok()) return Annotate(run, fmt::format("model \"{}\"", version.name.str()));
  version.metrics->RecordExecution(call.rows_, call.times_.computed - call.times_.started);
  auto& outputs = call.response.outputs;
  outputs.resize(call.results_.size());
  for (size_t i = 0; i < outputs.size(); ++i) {
    const TensorSpec& spec = version.signature.outputs[call.bound_.outputs[i]];
    outputs[i].name = spec.name;
    const uint32_t classes = request.outputs.empty() ? 0 : request.outputs[i].classification;
    if (classes == 0) {
      outputs[i].tensor = std::move(call.results_[i]);
      continue;
    }
    auto best = Classify(call.results_[i], classes, version.batched, spec.labels);
    if (!best.ok()) return Annotate(best.status(), fmt::format("output \"{}\"", spec.name));
    outputs[i].tensor = *std::move(best);
  }
  return OkStatus();
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
  if (sent.ok()) {
    version->metrics->RecordSuccess(call.times_, call.rows_);
  } else {
    version->metrics->RecordFailure(ReasonOf(sent),
                                    call.times_.responded - call.request.context.received);
  }
}

}  // namespace slipway::routing
