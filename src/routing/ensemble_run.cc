#include "routing/ensemble_run.h"

#include <algorithm>
#include <utility>

#include "routing/resolver.h"

namespace slipway::routing {

namespace {

/// Short steps run on the I/O thread for so long; then the others are queued.
constexpr Duration kOnIoThread = std::chrono::microseconds(200);

}  // namespace

using batching::AdmissionView;
using batching::RunSize;
using lifecycle::ServedVersion;
using lifecycle::VersionHandle;

class InferService::EnsembleRun::StepCall final : public InferCall {
 public:
  explicit StepCall(std::shared_ptr<EnsembleRun> run) : run_(std::move(run)) {}

  // Its tensors are the run's or those of the ensemble's call, which has left its thread.
  std::shared_ptr<const std::atomic<bool>> Detach() override { return run_->cancelled_; }

  Status Done(const Status& status, const ServedVersion*) override {
    run_->Take(*this, status);
    return status;
  }

 private:
  const std::shared_ptr<EnsembleRun> run_;
};

InferService::EnsembleRun::EnsembleRun(InferService& service, std::unique_ptr<InferCall> call,
                                       VersionHandle ensemble)
    : service_(service),
      call_(std::move(call)),
      ensemble_(std::move(ensemble)),
      cancelled_(call_->Detach()) {
  const auto& inputs = ensemble_->signature.inputs;
  for (size_t i = 0; i < inputs.size(); ++i)
    if (const Tensor* given = call_->bound_.inputs[i]) tensors_.emplace(inputs[i].name, *given);
}

std::unique_ptr<InferCall> InferService::EnsembleRun::Start(InferService& service, int loop,
                                                            std::unique_ptr<InferCall> call,
                                                            VersionHandle ensemble) {
  const std::shared_ptr<EnsembleRun> run(
      new EnsembleRun(service, std::move(call), std::move(ensemble)));
  run->call_->times_.started = run->call_->times_.parsed;
  run->status_ = run->FindMembers(service.Table(loop));
  return run->Proceed(/*on_worker=*/false) ? std::move(run->call_) : nullptr;
}

Status InferService::EnsembleRun::FindMembers(const lifecycle::ServingTable& table) {
  for (next_ = 0; next_ < ensemble_->config.ensemble.size(); ++next_) {
    const std::string_view wanted = step().version.empty() ? kLatestAlias : step().version;
    const auto member = Resolve(table, step().model, wanted);
    // The ensemble is there; what it needs may be back in a moment.
    if (!member.ok()) return MakeError(Reason::kLoading, MessageOf(member.status()));
    if ((**member)->config.is_ensemble())
      return Error(Reason::kLoading, "the model has become an ensemble");
    members_.push_back(**member);
  }
  next_ = 0;
  return OkStatus();
}

bool InferService::EnsembleRun::Proceed(bool on_worker) {
  while (status_.ok() && next_ < members_.size()) {
    if (cancelled_ && cancelled_->load(std::memory_order_relaxed)) {
      status_ = MakeError(Reason::kCancelled, "the client has gone");
      break;
    }
    // Behind short steps nothing has changed.
    if (next_ == 0 || on_worker) status_ = AdmitRest();
    if (!status_.ok()) break;
    met_.store(false, std::memory_order_relaxed);
    const bool may_run = !on_worker && service_.clock_.Now() - call_->times_.started < kOnIoThread;
    const auto done = service_.Launch(MakeStep(), members_[next_], may_run);
    if (!met_.exchange(true, std::memory_order_acq_rel)) return false;
  }
  InferCall& call = *call_;
  call.times_.computed = service_.clock_.Now();
  const Status status =
      status_.ok() ? GiveAnswer()
                   : Annotate(status_, fmt::format("step {} of ensemble \"{}\", model \"{}\"",
                                                   next_ + 1, ensemble_->name.str(), step().model));
  service_.Finish(call, status, ensemble_.get());
  return true;
}

std::optional<RunSize> InferService::EnsembleRun::SizeOf(size_t number) const {
  const ServedVersion& member = *members_[number];
  if (member.cache) return std::nullopt;  // it may run nothing
  const Tensor* const first = call_->bound_.inputs.front();
  int64_t rows = first != nullptr && !first->shape.empty() ? first->shape.front() : 1;
  size_t bytes = 0;
  for (const auto& [input, name] : ensemble_->config.ensemble[number].inputs) {
    if (const auto there = tensors_.find(name); there != tensors_.end()) {
      const Tensor& tensor = there->second;
      if (member.row_wise && !tensor.shape.empty()) rows = tensor.shape.front();
      bytes += tensor.data.size();
      continue;
    }
    const auto index = IndexOf(member.signature.inputs, input);
    if (!index) return std::nullopt;
    const TensorSpec& spec = member.signature.inputs[*index];
    if (spec.dtype == DType::kBytes || spec.any_rank || spec.optional) return std::nullopt;
    Shape shape = spec.shape;
    if (member.row_wise) shape.front() = rows;
    if (std::ranges::any_of(shape, [](int64_t size) { return size < 0; })) return std::nullopt;
    const auto size = ByteCount(spec.dtype, shape);
    if (!size.ok()) return std::nullopt;
    bytes += static_cast<size_t>(*size);
  }
  return RunSize::Of(member.row_wise ? std::max<int64_t>(rows, 1) : 1, bytes);
}

Status InferService::EnsembleRun::AdmitRest() {
  const auto& deadline = call_->request.context.deadline;
  if (!deadline || is_trial_ || next_ + 1 >= members_.size()) return OkStatus();
  std::vector<AdmissionView> steps;
  for (size_t number = next_; number < members_.size(); ++number)
    if (const auto size = SizeOf(number))
      steps.push_back(members_[number]->queue->Look({.size = *size, .deadline = deadline}));
  Status admitted = batching::AdmitSteps(service_.clock_.Now(), *deadline, steps);
  const bool nobody_waits =
      std::ranges::all_of(steps, [](auto& step) { return step.waiting == 0; });
  if (admitted.ok() || !nobody_waits || !members_[next_]->queue->TimeToTry()) return admitted;
  is_trial_ = true;
  return OkStatus();
}

std::unique_ptr<InferCall> InferService::EnsembleRun::MakeStep() {
  auto call = std::make_unique<StepCall>(shared_from_this());
  InferRequest& request = call->request;
  request.model = step().model;
  for (const auto& [input, tensor] : step().inputs)
    if (const auto there = tensors_.find(tensor); there != tensors_.end())  // else left out
      request.inputs.push_back({input, there->second});
  for (const auto& [output, tensor] : step().outputs) request.outputs.push_back({.name = output});
  request.context = call_->request.context;
  request.context.received = service_.clock_.Now();
  request.context.priority = 0;  // the ensemble's levels are not the member's
  call->is_trial_ = is_trial_;
  return call;
}

void InferService::EnsembleRun::Take(InferCall& done, const Status& status) {
  status_ = status;
  if (status.ok()) {
    for (NamedTensor& output : done.response.outputs)
      tensors_[step().outputs.at(output.name)] = std::move(output.tensor);
    ++next_;
  }
  if (met_.exchange(true, std::memory_order_acq_rel)) Proceed(/*on_worker=*/true);
}

Status InferService::EnsembleRun::GiveAnswer() {
  InferCall& call = *call_;
  for (const size_t output : call.bound_.outputs)
    call.results_.push_back(tensors_.find(ensemble_->signature.outputs[output].name)->second);
  ensemble_->metrics->RecordExecution(call.rows_, call.times_.computed - call.times_.started);
  return service_.ShapeAnswer(call, *ensemble_);
}

}  // namespace slipway::routing
