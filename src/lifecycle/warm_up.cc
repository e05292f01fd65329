#include "lifecycle/warm_up.h"

#include <algorithm>

#include "lifecycle/joining.h"

namespace slipway::lifecycle {
namespace {

using Inputs = std::vector<const Tensor*>;

size_t TotalBytes(const Inputs& inputs) {
  size_t bytes = 0;
  for (const Tensor* tensor : inputs)
    if (tensor != nullptr) bytes += tensor->data.size();
  return bytes;
}

batching::RunSize SizeOf(const Signature& signature, const Inputs& inputs) {
  const size_t bytes = TotalBytes(inputs);
  if (!IsRowWise(signature)) return {.row_bytes = bytes};
  return batching::RunSize::Of(std::max<int64_t>(inputs.front()->shape.front(), 1), bytes);
}

StatusOr<Inputs> Arrange(const Signature& signature, const std::vector<NamedTensor>& given) {
  Inputs inputs(signature.inputs.size(), nullptr);
  for (const NamedTensor& input : given) {
    const auto index = IndexOf(signature.inputs, input.name);
    if (!index)
      return Error(Reason::kBadModel, "input \"{}\" is not one of the model's", input.name);
    inputs[*index] = &input.tensor;
  }
  return inputs;
}

std::vector<size_t> AllOutputs(const Signature& signature) {
  std::vector<size_t> outputs(signature.outputs.size());
  for (size_t i = 0; i < outputs.size(); ++i) outputs[i] = i;
  return outputs;
}

}  // namespace

std::vector<NamedTensor> SyntheticInputs(const Signature& signature) {
  std::vector<NamedTensor> inputs;
  for (const TensorSpec& spec : signature.inputs) {
    if (spec.optional) continue;
    NamedTensor input{spec.name, {spec.dtype, spec.shape, {}}};
    std::ranges::replace(input.tensor.shape, -1, 1);
    // A zero-filled BYTES tensor is a row of empty strings: each is four zero bytes of length.
    if (const auto bytes = ByteCount(spec.dtype, input.tensor.shape); bytes.ok())
      input.tensor.data = Buffer::Own(std::string(static_cast<size_t>(*bytes), '\0'));
    inputs.push_back(std::move(input));
  }
  return inputs;
}

Status Replay(const LoadedModel& model, const bundle::Example& example, const RunOptions& options) {
  const Signature& signature = model.signature();
  const auto named = [&](const Status& status) {
    return Error(Reason::kBadModel, "example \"{}\": {}", example.name, MessageOf(status));
  };
  const auto inputs = Arrange(signature, example.inputs);
  if (!inputs.ok()) return named(inputs.status());
  std::vector<size_t> outputs;
  for (const NamedTensor& output : example.outputs) {
    const auto index = IndexOf(signature.outputs, output.name);
    if (!index)
      return Error(Reason::kBadModel, "example \"{}\": output \"{}\" is not one of the model's",
                   example.name, output.name);
    outputs.push_back(*index);
  }
  std::vector<Tensor> results;
  if (const Status run = model.Run(*inputs, outputs, options, results); !run.ok())
    return named(run);
  if (const Status same = bundle::Compare(example.outputs, results, example.tolerances); !same.ok())
    return named(same);
  return OkStatus();
}

StatusOr<WarmUpReport> WarmUp(const LoadedModel& model,
                              const std::vector<bundle::Example>& examples,
                              const WarmUpOptions& options, const Clock& clock,
                              batching::CostModel* cost) {
  const TimePoint begin = clock.Now();
  const RunOptions run_options{.deadline = begin + options.max_run};
  WarmUpReport report;
  const auto in_budget = [&] { return clock.Now() - begin < options.budget; };
  const auto ran = [&](TimePoint start) {
    report.last_run = clock.Now() - start;
    report.fastest_run =
        report.runs == 0 ? report.last_run : std::min(report.fastest_run, report.last_run);
    ++report.runs;
  };

  for (const bundle::Example& example : examples) {
    if (report.examples_replayed == static_cast<int>(options.max_examples)) break;
    if (report.examples_replayed > 0 && !in_budget()) break;
    const TimePoint start = clock.Now();
    RETURN_IF_ERROR(Replay(model, example, run_options));
    ++report.examples_replayed;
    ran(start);
  }

  const Signature& signature = model.signature();
  const bool golden = !examples.empty();
  const auto given = golden ? examples.front().inputs : SyntheticInputs(signature);
  ASSIGN_OR_RETURN(const Inputs inputs, Arrange(signature, given));
  const auto outputs = AllOutputs(signature);
  const batching::RunSize size = SizeOf(signature, inputs);
  bool settled = false;
  constexpr int kSettlingRuns = 8;
  const TimePoint settling_until = std::min(begin + options.budget, clock.Now() + options.settling);
  const auto goes_on = [&] {
    return report.runs == 0 || clock.Now() < settling_until ||
           (!settled && in_budget() && report.last_run < options.long_run);
  };
  for (int i = 0; i < kSettlingRuns && goes_on(); ++i) {
    std::vector<Tensor> results;
    const TimePoint start = clock.Now();
    const Status run = model.Run(inputs, outputs, run_options, results);
    if (!run.ok()) {
      // Zeros may be no legal divisor, axis or scale: that speaks against them, not the model.
      if (!golden && ReasonOf(run) == Reason::kBadRequest) return report;
      return Error(Reason::kBadModel, "warm-up on {} inputs failed: {}",
                   golden ? "golden" : "synthetic", MessageOf(run));
    }
    ran(start);
    // The first run pays for lazy allocation: it would make the model look slow.
    if (i == 0) continue;
    settled = true;
    if (cost != nullptr) cost->Observe(size, report.last_run);
  }
  // One run had to do: without this it would pass for a short one.
  if (cost != nullptr && !settled) cost->Observe(size, report.last_run);
  return report;
}

}  // namespace slipway::lifecycle
