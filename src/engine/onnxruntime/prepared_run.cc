#include "engine/onnxruntime/prepared_run.h"

#include <algorithm>
#include <cstring>
#include <random>
#include <utility>

#include "engine/onnxruntime/values.h"

namespace slipway::onnxruntime {
namespace {

constexpr size_t kTensorAlignment = 64;

// A result that happens to begin with the mark is computed again, and the model is not prepared for
// any more, so clients must not be able to guess it.
uint32_t NextMark() {
  static std::atomic<uint32_t> next{std::random_device{}()};
  return next.fetch_add(0x9E37'79B9, std::memory_order_relaxed);
}

size_t Aligned(size_t bytes) {
  return (bytes + kTensorAlignment - 1) / kTensorAlignment * kTensorAlignment;
}

bool IsPlain(const Tensor& tensor) {
  return tensor.dtype != DType::kBytes && tensor.data.size() > 0;
}

}  // namespace

bool PreparedRun::Suits(std::span<const Tensor* const> inputs) {
  size_t bytes = 0;
  for (const Tensor* input : inputs) {
    if (input == nullptr || !IsPlain(*input)) return false;
    bytes += Aligned(input->data.size());
  }
  return bytes <= kMaxBytes;
}

StatusOr<std::unique_ptr<PreparedRun>> PreparedRun::Create(const Signature& signature,
                                                           std::span<const Tensor* const> inputs,
                                                           std::span<const size_t> outputs,
                                                           std::span<const Tensor> results,
                                                           const OrtMemoryInfo& memory) {
  size_t bytes = 0;
  for (const Tensor* input : inputs) bytes += Aligned(input->data.size());
  for (const Tensor& result : results) {
    if (!IsPlain(result) || result.data.size() < sizeof(Mark)) return nullptr;
    bytes += Aligned(result.data.size());
  }
  if (bytes > kMaxBytes) return nullptr;
  auto run = std::make_unique<PreparedRun>();
  run->mark_ = NextMark();
  run->memory_ = Buffer::Allocate(bytes, &run->start_);
  run->outputs_.assign(outputs.begin(), outputs.end());
  for (size_t i = 0; i < inputs.size(); ++i)
    RETURN_IF_ERROR(run->Add(signature.inputs[i], *inputs[i], memory, run->inputs_, run->feeds_));
  run->results_begin_ = run->used_;
  for (size_t i = 0; i < results.size(); ++i)
    RETURN_IF_ERROR(
        run->Add(signature.outputs[outputs[i]], results[i], memory, run->results_, run->fetches_));
  return run;
}

Status PreparedRun::Add(const TensorSpec& spec, const Tensor& tensor, const OrtMemoryInfo& memory,
                        std::vector<Slot>& slots, NamedValues& values) {
  const size_t bytes = tensor.data.size();
  OrtValue* value = nullptr;
  RETURN_IF_ORT_ERROR(Api().CreateTensorWithDataAsOrtValue(&memory, start_ + used_, bytes,
                                                           tensor.shape.data(), tensor.shape.size(),
                                                           ElementType(tensor.dtype), &value));
  values.names.push_back(spec.name.c_str());
  values.values.emplace_back(value);
  slots.push_back({tensor.dtype, tensor.shape, used_, bytes});
  used_ += Aligned(bytes);
  return OkStatus();
}

bool PreparedRun::Fits(std::span<const Tensor* const> inputs,
                       std::span<const size_t> outputs) const {
  return std::ranges::equal(
             inputs, inputs_,
             [](const Tensor* input, const Slot& slot) { return input->shape == slot.shape; }) &&
         std::ranges::equal(outputs, outputs_);
}

void PreparedRun::CopyIn(std::span<const Tensor* const> inputs) {
  for (size_t i = 0; i < inputs.size(); ++i)
    std::memcpy(start_ + inputs_[i].offset, inputs[i]->data.data(), inputs_[i].bytes);
  for (const Slot& slot : results_) std::memcpy(start_ + slot.offset, &mark_, sizeof(mark_));
}

bool PreparedRun::Wrote() const {
  return std::ranges::none_of(results_, [&](const Slot& slot) {
    return std::memcmp(start_ + slot.offset, &mark_, sizeof(mark_)) == 0;
  });
}

void PreparedRun::CopyOut(std::vector<Tensor>& results) const {
  const size_t bytes = used_ - results_begin_;
  std::byte* copy = nullptr;
  const Buffer all = Buffer::Allocate(bytes, &copy);
  std::memcpy(copy, start_ + results_begin_, bytes);
  results.resize(results_.size());
  for (size_t i = 0; i < results.size(); ++i) {
    const Slot& slot = results_[i];
    results[i] = {slot.dtype, slot.shape,
                  Buffer({copy + (slot.offset - results_begin_), slot.bytes}, all.owner())};
  }
}

std::unique_ptr<PreparedRun> PreparedRuns::Take(std::span<const Tensor* const> inputs,
                                                std::span<const size_t> outputs) {
  MutexLock lock(mutex_);
  for (size_t i = idle_.size(); i > 0; --i) {
    if (!idle_[i - 1]->Fits(inputs, outputs)) continue;
    auto run = std::move(idle_[i - 1]);
    idle_.erase(idle_.begin() + static_cast<ptrdiff_t>(i - 1));
    return run;
  }
  return nullptr;
}

void PreparedRuns::Give(std::unique_ptr<PreparedRun> run) {
  std::unique_ptr<PreparedRun> oldest;  // ends after the lock
  MutexLock lock(mutex_);
  if (idle_.size() == kMost) {
    oldest = std::move(idle_.front());
    idle_.erase(idle_.begin());
  }
  if (wanted()) idle_.push_back(std::move(run));
}

void PreparedRuns::Abandon() {
  std::vector<std::unique_ptr<PreparedRun>> all;
  MutexLock lock(mutex_);
  wanted_ = false;
  all.swap(idle_);
}

}  // namespace slipway::onnxruntime
