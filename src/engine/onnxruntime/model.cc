#include "engine/onnxruntime/model.h"

#include <atomic>
#include <cstring>

#include "base/check.h"
#include "engine/onnxruntime/values.h"

namespace slipway::onnxruntime {
namespace {

// An operator that refuses a client's values logs an error in ONNX Runtime; the client gets it, the
// log need not.
StatusOr<Owned<OrtRunOptions>> QuietRunOptions() {
  OrtRunOptions* raw = nullptr;
  RETURN_IF_ORT_ERROR(Api().CreateRunOptions(&raw));
  Owned<OrtRunOptions> options(raw);
  RETURN_IF_ORT_ERROR(Api().RunOptionsSetRunLogSeverityLevel(raw, ORT_LOGGING_LEVEL_FATAL));
  return options;
}

bool LiesIn(std::span<const std::byte> part, std::span<const std::byte> whole) {
  return !part.empty() && part.data() >= whole.data() && part.data() < whole.data() + whole.size();
}

// A graph may hand an input through to an output without an operator in between; such an output is
// the caller's own memory.
void DetachFromInputs(Tensor& output, std::span<const Tensor* const> inputs) {
  for (const Tensor* input : inputs) {
    if (input == nullptr || !LiesIn(output.data.bytes(), input->data.bytes())) continue;
    std::byte* copy;
    const Buffer owned = Buffer::Allocate(output.data.size(), &copy);
    std::memcpy(copy, output.data.data(), output.data.size());
    output.data = owned;
    return;
  }
}

}  // namespace

// Arrays of owning pointers are handed to the C API as arrays of pointers.
static_assert(sizeof(Owned<OrtValue>) == sizeof(OrtValue*));

StatusOr<std::unique_ptr<Model>> Model::Create(std::shared_ptr<Runtime> runtime,
                                               Owned<OrtSession> session, Signature signature,
                                               const LoadOptions& options) {
  ASSIGN_OR_RETURN(Owned<OrtRunOptions> quiet, QuietRunOptions());
  return std::unique_ptr<Model>(new Model(std::move(runtime), std::move(session),
                                          std::move(signature), std::move(quiet), options));
}

Model::Model(std::shared_ptr<Runtime> runtime, Owned<OrtSession> session, Signature signature,
             Owned<OrtRunOptions> quiet, const LoadOptions& options)
    : runtime_(std::move(runtime)),
      // The session ends before the environment, whoever lets go of it last.
      session_(session.release(),
               [runtime = runtime_](OrtSession* p) {
                 Release()(p);
                 runtime->memory->ReleaseIdle();
               }),
      signature_(std::move(signature)),
      quiet_(std::move(quiet)),
      max_output_bytes_(options.max_output_bytes),
      memory_limits_(options.memory) {}

Status Model::Run(std::span<const Tensor* const> inputs, std::span<const size_t> outputs,
                  const RunOptions& options, std::vector<Tensor>& results) const {
  SLIPWAY_CHECK(inputs.size() == signature_.inputs.size(),
                "a run gives one pointer for every input");
  if (!prepared_.wanted() || !PreparedRun::Suits(inputs))
    return RunUnprepared(inputs, outputs, options, results);
  if (auto run = prepared_.Take(inputs, outputs))
    return RunPrepared(inputs, outputs, options, std::move(run), results);
  RETURN_IF_ERROR(RunUnprepared(inputs, outputs, options, results));
  ASSIGN_OR_RETURN(
      auto run, PreparedRun::Create(signature_, inputs, outputs, results, *runtime_->cpu_memory));
  if (run != nullptr) prepared_.Give(std::move(run));
  return OkStatus();
}

Status Model::RunPrepared(std::span<const Tensor* const> inputs, std::span<const size_t> outputs,
                          const RunOptions& options, std::unique_ptr<PreparedRun> run,
                          std::vector<Tensor>& results) const {
  run->CopyIn(inputs);
  const Status status = RunValues(options, run->feeds(), run->fetches());
  if (status.ok() && run->Wrote()) {
    run->CopyOut(results);
    prepared_.Give(std::move(run));
    return status;
  }
  if (!status.ok() && ReasonOf(status) != Reason::kBadRequest) return status;
  // Values that the graph refuses, an output whose shape follows from values, or one that is an
  // input.
  const Status again = RunUnprepared(inputs, outputs, options, results);
  if (again.ok())
    prepared_.Abandon();
  else
    prepared_.Give(std::move(run));
  return again;
}

Status Model::RunUnprepared(std::span<const Tensor* const> inputs, std::span<const size_t> outputs,
                            const RunOptions& options, std::vector<Tensor>& results) const {
  NamedValues feeds;
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i] == nullptr) continue;
    ASSIGN_OR_RETURN(Owned<OrtValue> value, Borrow(*inputs[i], *runtime_->cpu_memory));
    feeds.names.push_back(signature_.inputs[i].name.c_str());
    feeds.values.push_back(std::move(value));
  }
  NamedValues fetches;
  for (const size_t i : outputs) fetches.names.push_back(signature_.outputs[i].name.c_str());
  fetches.values.resize(outputs.size());
  RETURN_IF_ERROR(RunValues(options, feeds, fetches));
  return TakeResults(inputs, outputs, fetches, results);
}

Status Model::RunValues(const RunOptions& options, const NamedValues& feeds,
                        NamedValues& fetches) const {
  return options.deadline ? RunUntil(*options.deadline, feeds, fetches)
                          : RunWith(*quiet_, feeds, fetches);
}

Status Model::RunUntil(TimePoint deadline, const NamedValues& feeds, NamedValues& fetches) const {
  ASSIGN_OR_RETURN(const Owned<OrtRunOptions> options, QuietRunOptions());
  std::atomic<bool> expired = false;
  Status status;
  {
    const Watchdog::Watch watch(runtime_->watchdog, deadline, [&] {
      expired = true;
      Owned<OrtStatus> ignored(Api().RunOptionsSetTerminate(options.get()));
    });
    status = RunWith(*options, feeds, fetches);
  }
  if (!status.ok() && expired)
    return MakeError(Reason::kDeadlineExceeded, "the run was ended at its deadline");
  return status;
}

Status Model::RunWith(const OrtRunOptions& options, const NamedValues& feeds,
                      NamedValues& fetches) const {
  const Memory::Run memory(memory_limits_);
  OrtStatus* const error =
      Api().Run(session_.get(), &options, feeds.names.data(),
                reinterpret_cast<const OrtValue* const*>(feeds.values.data()), feeds.values.size(),
                fetches.names.data(), fetches.names.size(),
                reinterpret_cast<OrtValue**>(fetches.values.data()));
  if (error == nullptr) return OkStatus();
  const Status failed = RunError(error);
  RETURN_IF_ERROR(memory.Refusal());
  return failed;
}

Status Model::TakeResults(std::span<const Tensor* const> inputs, std::span<const size_t> outputs,
                          NamedValues& fetches, std::vector<Tensor>& results) const {
  results.resize(outputs.size());
  size_t budget = max_output_bytes_;
  for (size_t i = 0; i < outputs.size(); ++i) {
    const TensorSpec& spec = signature_.outputs[outputs[i]];
    if (fetches.values[i] == nullptr)
      return Error(Reason::kInternal, "output \"{}\": the model gave none", spec.name);
    ASSIGN_OR_RETURN(results[i], Take(std::move(fetches.values[i]), spec, session_, budget));
    budget -= results[i].data.size();
    // A ZipMap would have refused probabilities that are not one for each of its labels.
    if (!spec.labels.empty() && !Matches(spec.shape, results[i].shape))
      return Error(Reason::kInternal, "output \"{}\": expected {}, got {}", spec.name,
                   ToString(spec.dtype, spec.shape), ToString(spec.dtype, results[i].shape));
    DetachFromInputs(results[i], inputs);
  }
  return OkStatus();
}

}  // namespace slipway::onnxruntime
