#include "lifecycle/preparing.h"

#include <cstring>
#include <utility>

#include "lifecycle/warm_up.h"

namespace slipway::lifecycle {
namespace {

constexpr auto kLongestRun = std::chrono::seconds(10);

/// Between -1 and 1, other in every place: zeros would hide weights that lie in the wrong one.
template <typename T>
void Vary(Tensor& tensor) {
  std::byte* to = nullptr;
  Buffer varied = Buffer::Allocate(tensor.data.size(), &to);
  uint32_t state = 1;
  for (size_t i = 0; i < tensor.data.size() / sizeof(T); ++i) {
    state = state * 1'664'525 + 1'013'904'223;
    const T value = static_cast<T>(static_cast<int32_t>(state)) / static_cast<T>(1u << 31);
    std::memcpy(to + i * sizeof(T), &value, sizeof(T));
  }
  tensor.data = std::move(varied);
}

std::vector<NamedTensor> InputsFor(const Signature& signature,
                                   const std::vector<bundle::Example>& examples) {
  if (!examples.empty()) return examples.front().inputs;
  std::vector<NamedTensor> inputs = SyntheticInputs(signature);
  for (NamedTensor& input : inputs) {
    if (input.tensor.dtype == DType::kFp32) Vary<float>(input.tensor);
    if (input.tensor.dtype == DType::kFp64) Vary<double>(input.tensor);
  }
  return inputs;
}

StatusOr<std::vector<Tensor>> RunOnce(const LoadedModel& model,
                                      const std::vector<NamedTensor>& given) {
  const Signature& signature = model.signature();
  std::vector<const Tensor*> inputs(signature.inputs.size(), nullptr);
  for (const NamedTensor& input : given)
    if (const auto at = IndexOf(signature.inputs, input.name)) inputs[*at] = &input.tensor;
  std::vector<size_t> outputs(signature.outputs.size());
  for (size_t i = 0; i < outputs.size(); ++i) outputs[i] = i;
  std::vector<Tensor> results;
  const RunOptions options{.deadline = SteadyClock().Now() + kLongestRun};
  RETURN_IF_ERROR(model.Run(inputs, outputs, options, results));
  return results;
}

bool IsRefusal(const StatusOr<std::vector<Tensor>>& answers) {
  return !answers.ok() && ReasonOf(answers.status()) == Reason::kBadRequest;
}

bool SameBits(const Tensor& a, const Tensor& b) {
  return a.dtype == b.dtype && a.shape == b.shape && a.data.size() == b.data.size() &&
         (a.data.size() == 0 || std::memcmp(a.data.data(), b.data.data(), a.data.size()) == 0);
}

Status CheckSameAnswers(const LoadedModel& original, const LoadedModel& prepared,
                        const std::vector<bundle::Example>& examples) {
  const Signature& signature = original.signature();
  if (prepared.signature() != signature)
    return MakeError(Reason::kBadModel, "the prepared model has another signature");
  const std::vector<NamedTensor> inputs = InputsFor(signature, examples);
  const auto expected = RunOnce(original, inputs);
  const auto got = RunOnce(prepared, inputs);
  if (!expected.ok() || !got.ok()) {
    // Made-up values may be refused: the same refusal is the same answer.
    if (IsRefusal(expected) && IsRefusal(got)) return OkStatus();
    return Error(Reason::kBadModel, "the prepared model answers \"{}\", the original \"{}\"",
                 MessageOf(got.status()), MessageOf(expected.status()));
  }
  for (size_t i = 0; i < expected->size(); ++i) {
    if (!SameBits((*expected)[i], (*got)[i]))
      return Error(Reason::kBadModel, "output \"{}\" of the prepared model has other bits",
                   signature.outputs[i].name);
  }
  return OkStatus();
}

}  // namespace

StatusOr<Buffer> Prepare(Engine& engine, const ModelBytes& model, LoadOptions options,
                         const std::vector<bundle::Example>& examples) {
  Buffer form;
  options.prepared = {};
  options.prepare = &form;
  ASSIGN_OR_RETURN(const auto original, engine.Load(model, options));
  if (form.size() == 0)
    return MakeError(Reason::kUnsupported, "the engine has no other form of the model");
  options.prepare = nullptr;
  options.prepared = form;
  ASSIGN_OR_RETURN(const auto prepared, engine.Load(model, options));
  RETURN_IF_ERROR(CheckSameAnswers(*original, *prepared, examples));
  return form;
}

}  // namespace slipway::lifecycle
