#include "lifecycle/ensemble.h"

#include <algorithm>
#include <map>

namespace slipway::lifecycle {
namespace {

constexpr std::string_view kFile = "config.pbtxt";

using Tensors = std::map<std::string, TensorSpec, std::less<>>;

/// Some tensor may be both.
bool Meet(const TensorSpec& a, const TensorSpec& b) {
  if (a.dtype != b.dtype) return false;
  if (a.any_rank || b.any_rank) return true;
  return std::ranges::equal(a.shape, b.shape,
                            [](int64_t x, int64_t y) { return x == y || x == -1 || y == -1; });
}

std::string Form(const TensorSpec& spec) {
  return spec.any_rank ? fmt::format("{} of any rank", NameOf(spec.dtype))
                       : ToString(spec.dtype, spec.shape);
}

Status CheckInputs(const repository::EnsembleStep& step, const Signature& member,
                   const Tensors& there) {
  for (const auto& [input, tensor] : step.inputs) {
    const auto index = IndexOf(member.inputs, input);
    if (!index)
      return Error(Reason::kBadModel, "{}: the model has no input \"{}\"", step.Where(kFile),
                   input);
    const TensorSpec &takes = member.inputs[*index], &given = there.find(tensor)->second;
    if (!Meet(takes, given))
      return Error(Reason::kBadModel, "{}: input \"{}\": expected {}, \"{}\" is {}",
                   step.Where(kFile), input, Form(takes), tensor, Form(given));
  }
  for (const TensorSpec& input : member.inputs)
    if (!input.optional && !step.inputs.contains(input.name))
      return Error(Reason::kBadModel, "{}: input \"{}\" of the model is not in the input_map",
                   step.Where(kFile), input.name);
  return OkStatus();
}

Status CheckOutputs(const repository::EnsembleStep& step, const Signature& member, Tensors& there) {
  for (const auto& [output, tensor] : step.outputs) {
    const auto index = IndexOf(member.outputs, output);
    if (!index)
      return Error(Reason::kBadModel, "{}: the model has no output \"{}\"", step.Where(kFile),
                   output);
    there[tensor] = member.outputs[*index];
  }
  return OkStatus();
}

}  // namespace

Signature SignatureOf(const repository::ModelConfig& ensemble) {
  const auto specs = [&ensemble](const std::vector<repository::ConfiguredTensor>& tensors) {
    std::vector<TensorSpec> specs;
    for (const repository::ConfiguredTensor& tensor : tensors) {
      TensorSpec& spec = specs.emplace_back(tensor.spec);
      if (ensemble.max_batch_size.value_or(0) > 0) spec.shape.insert(spec.shape.begin(), -1);
    }
    return specs;
  };
  return {.inputs = specs(ensemble.inputs), .outputs = specs(ensemble.outputs)};
}

Status CheckSteps(const repository::ModelConfig& ensemble, const FindMember& find) {
  const Signature signature = SignatureOf(ensemble);
  Tensors there;
  for (const TensorSpec& input : signature.inputs) there[input.name] = input;
  for (const repository::EnsembleStep& step : ensemble.ensemble) {
    const ServedVersion* member = find(step.model, step.version);
    if (member == nullptr)
      return Error(Reason::kBadModel, "{}: {} is not served", step.Where(kFile),
                   step.version.empty() ? "the model" : "version " + step.version);
    if (member->config.is_ensemble())
      return Error(Reason::kUnsupported, "{}: an ensemble in an ensemble is not supported yet",
                   step.Where(kFile));
    RETURN_IF_ERROR(CheckInputs(step, member->signature, there));
    RETURN_IF_ERROR(CheckOutputs(step, member->signature, there));
  }
  for (const TensorSpec& output : signature.outputs)
    if (const TensorSpec& made = there[output.name]; !Meet(output, made))
      return Error(Reason::kBadModel,
                   "{}: output \"{}\": the configuration says {}, a step makes {}", kFile,
                   output.name, Form(output), Form(made));
  return OkStatus();
}

}  // namespace slipway::lifecycle
