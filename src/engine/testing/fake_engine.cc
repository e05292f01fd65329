#include "engine/testing/fake_engine.h"

#include <time.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "onnx/builder.h"
#include "onnx/model_info.h"

namespace slipway::testing {
namespace {

constexpr const char* kAdd = "slipway.fake.add";
constexpr const char* kBurn = "slipway.fake.burn_us";
constexpr const char* kGated = "slipway.fake.gated";

void SpinOnCpu(int64_t us) {
  const auto now_ns = [] {
    timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return t.tv_sec * int64_t{1'000'000'000} + t.tv_nsec;
  };
  for (const int64_t end = now_ns() + us * 1000; now_ns() < end;) {
  }
}

template <typename T>
void AddTo(std::byte* data, size_t size, int64_t add) {
  for (size_t i = 0; i + sizeof(T) <= size; i += sizeof(T)) {
    T value;
    std::memcpy(&value, data + i, sizeof(T));
    value = static_cast<T>(value + static_cast<T>(add));
    std::memcpy(data + i, &value, sizeof(T));
  }
}

void AddTo(DType dtype, std::byte* data, size_t size, int64_t add) {
  switch (dtype) {
    case DType::kUint8:
      return AddTo<uint8_t>(data, size, add);
    case DType::kUint16:
      return AddTo<uint16_t>(data, size, add);
    case DType::kUint32:
      return AddTo<uint32_t>(data, size, add);
    case DType::kUint64:
      return AddTo<uint64_t>(data, size, add);
    case DType::kInt8:
      return AddTo<int8_t>(data, size, add);
    case DType::kInt16:
      return AddTo<int16_t>(data, size, add);
    case DType::kInt32:
      return AddTo<int32_t>(data, size, add);
    case DType::kInt64:
      return AddTo<int64_t>(data, size, add);
    case DType::kFp32:
      return AddTo<float>(data, size, add);
    case DType::kFp64:
      return AddTo<double>(data, size, add);
    case DType::kBool:
    case DType::kFp16:
    case DType::kBf16:
    case DType::kBytes:
      return;
  }
}

int64_t NumberIn(const std::map<std::string, std::string>& metadata, const char* key) {
  const auto found = metadata.find(key);
  int64_t value = 0;
  if (found != metadata.end())
    std::from_chars(found->second.data(), found->second.data() + found->second.size(), value);
  return value;
}

Buffer FormOf(std::span<const std::byte> model) {
  std::byte* to = nullptr;
  Buffer form = Buffer::Allocate(model.size(), &to);
  std::memcpy(to, model.data(), model.size());
  return form;
}

}  // namespace

std::string FakeModel::Serialize() const {
  onnx::Builder b;
  for (const auto& input : signature.inputs) b.Input(input.name, input.dtype, input.shape);
  for (const auto& output : signature.outputs) b.Output(output.name, output.dtype, output.shape);
  for (size_t i = 0; i < signature.outputs.size(); ++i) {
    const size_t from = std::min(i, signature.inputs.size() - 1);
    b.Node("Identity", {signature.inputs[from].name}, {signature.outputs[i].name});
  }
  b.Metadata(kAdd, std::to_string(add));
  b.Metadata(kBurn, std::to_string(burn_us));
  b.Metadata(kGated, gated ? "1" : "0");
  return b.Serialize();
}

struct FakeEngine::State {
  explicit State(Options o) : options(std::move(o)) {}

  const Options options;
  mutable Mutex mutex;
  std::condition_variable changed;
  bool gate_open ABSL_GUARDED_BY(mutex) = true;
  int waiting ABSL_GUARDED_BY(mutex) = 0;
  int failing_loads ABSL_GUARDED_BY(mutex) = 0;
  int failing_runs ABSL_GUARDED_BY(mutex) = 0;
  Counts counts ABSL_GUARDED_BY(mutex);
};

class FakeEngine::Model final : public LoadedModel {
 public:
  Model(std::shared_ptr<State> state, onnx::ModelInfo info, bool prepares)
      : state_(std::move(state)),
        prepares_(prepares),
        signature_(std::move(info.signature)),
        add_(NumberIn(info.metadata, kAdd)),
        burn_us_(NumberIn(info.metadata, kBurn)),
        gated_(NumberIn(info.metadata, kGated) != 0) {
    MutexLock lock(state_->mutex);
    ++state_->counts.live_models;
  }
  ~Model() override {
    MutexLock lock(state_->mutex);
    --state_->counts.live_models;
  }

  const Signature& signature() const override { return signature_; }
  bool prepares() const override { return prepares_; }

  Status Run(std::span<const Tensor* const> inputs, std::span<const size_t> outputs,
             const RunOptions& options, std::vector<Tensor>& results) const override {
    RETURN_IF_ERROR(Enter(inputs, options));
    if (burn_us_ > 0) state_->options.burn(burn_us_);
    results.resize(outputs.size());
    for (size_t i = 0; i < outputs.size(); ++i)
      results[i] = Answer(*inputs[std::min(outputs[i], inputs.size() - 1)]);
    MutexLock lock(state_->mutex);
    --state_->counts.running;
    return OkStatus();
  }

 private:
  Status Enter(std::span<const Tensor* const> inputs, const RunOptions& options) const {
    MutexLock lock(state_->mutex);
    if (state_->failing_runs > 0) {
      --state_->failing_runs;
      return MakeError(Reason::kInternal, "the fake engine was told to fail");
    }
    ++state_->waiting;
    state_->changed.notify_all();
    const auto expired = [&] {
      return options.deadline && SteadyClock().Now() >= *options.deadline;
    };
    while (gated_ && !state_->gate_open && !expired()) {
      if (options.deadline)
        lock.WaitUntil(state_->changed, *options.deadline);
      else
        lock.Wait(state_->changed);
    }
    --state_->waiting;
    if (gated_ && expired())
      return MakeError(Reason::kDeadlineExceeded, "the run was ended at its deadline");
    auto& counts = state_->counts;
    ++counts.runs;
    if (!inputs.empty() && inputs[0] != nullptr && !inputs[0]->shape.empty())
      counts.rows += inputs[0]->shape[0];
    counts.most_running = std::max(counts.most_running, ++counts.running);
    return OkStatus();
  }

  Tensor Answer(const Tensor& input) const {
    std::byte* data;
    Tensor answer{input.dtype, input.shape, Buffer::Allocate(input.data.size(), &data)};
    if (input.data.size() > 0) std::memcpy(data, input.data.data(), input.data.size());
    if (add_ != 0) AddTo(answer.dtype, data, input.data.size(), add_);
    return answer;
  }

  const std::shared_ptr<State> state_;
  const bool prepares_;
  const Signature signature_;
  const int64_t add_;
  const int64_t burn_us_;
  const bool gated_;
};

FakeEngine::FakeEngine() : FakeEngine(Options{}) {}
FakeEngine::FakeEngine(Options options)
    : state_([&] {
        if (!options.burn) options.burn = SpinOnCpu;
        return std::make_shared<State>(std::move(options));
      }()) {}
FakeEngine::~FakeEngine() = default;

StatusOr<std::unique_ptr<LoadedModel>> FakeEngine::Load(const ModelBytes& model,
                                                        const LoadOptions& options) {
  const bool prepares = state_->options.prepares;
  const bool from_prepared = prepares && options.prepared.size() > 0;
  {
    MutexLock lock(state_->mutex);
    if (state_->failing_loads > 0) {
      --state_->failing_loads;
      return MakeError(Reason::kBadModel, "the fake engine was told to fail");
    }
    ++state_->counts.loads;
    state_->counts.prepared_loads += from_prepared;
    state_->counts.threads = options.intra_op_threads;
  }
  ASSIGN_OR_RETURN(onnx::ModelInfo info,
                   onnx::Inspect(from_prepared ? options.prepared.bytes() : model.model));
  if (info.signature.inputs.empty())
    return MakeError(Reason::kBadModel,
                     "the fake engine answers with its inputs, and there are none");
  if (prepares && options.prepare != nullptr) *options.prepare = FormOf(model.model);
  return std::unique_ptr<LoadedModel>(
      std::make_unique<Model>(state_, std::move(info), prepares && !from_prepared));
}

void FakeEngine::FailNextLoads(int n) {
  MutexLock lock(state_->mutex);
  state_->failing_loads = n;
}

void FakeEngine::FailNextRuns(int n) {
  MutexLock lock(state_->mutex);
  state_->failing_runs = n;
}

void FakeEngine::CloseGate() {
  MutexLock lock(state_->mutex);
  state_->gate_open = false;
}

void FakeEngine::OpenGate() {
  MutexLock lock(state_->mutex);
  state_->gate_open = true;
  state_->changed.notify_all();
}

void FakeEngine::WaitForRunsAtGate(int n) {
  MutexLock lock(state_->mutex);
  while (state_->waiting < n) lock.Wait(state_->changed);
}

FakeEngine::Counts FakeEngine::counts() const {
  MutexLock lock(state_->mutex);
  return state_->counts;
}

}  // namespace slipway::testing
