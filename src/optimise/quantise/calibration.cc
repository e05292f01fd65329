#include "optimise/quantise/calibration.h"

#include <algorithm>
#include <cmath>

#include "onnx/display.h"
#include "optimise/graph.h"

namespace slipway::optimise {
namespace {

constexpr size_t kCalibrationBatch = 8;

using Histogram = std::vector<uint64_t>;

size_t BinOf(double share, size_t bins) {
  return std::min(static_cast<size_t>(std::max(share, 0.0) * static_cast<double>(bins)), bins - 1);
}

/// The model with `values` as further outputs.
std::string WithOutputs(const ModelProto& model, const std::vector<std::string>& values) {
  ModelProto open = model;
  StringMap<bool> there;
  for (const auto& output : model.graph().output()) there[output.name()] = true;
  for (const std::string& value : values) {
    if (there.contains(value)) continue;
    auto& output = *open.mutable_graph()->add_output();
    output.set_name(value);
    output.mutable_type()->mutable_tensor_type()->set_elem_type(TensorProto::FLOAT);
  }
  return open.SerializeAsString();
}

/// Inputs of the graph are not outputs too: their values are the rows'.
struct Plan {
  std::vector<std::string> outputs;
  std::vector<std::string> inputs;
};

Plan PlanOf(const GraphProto& graph, const std::vector<std::string>& values) {
  Plan plan;
  for (const std::string& value : values) {
    const bool is_input = std::ranges::any_of(
        graph.input(), [&](const auto& input) { return input.name() == value; });
    (is_input ? plan.inputs : plan.outputs).push_back(value);
  }
  return plan;
}

/// Calls see(name, numbers) for what each value was on each batch.
Status Observe(const evaluate::Runner& model, const Plan& plan, const Rows& rows,
               const std::function<Status(const std::string&, std::span<const float>)>& see) {
  for (const std::string& name : plan.inputs)
    for (const NamedTensor& input : rows.inputs)
      if (input.name == name) RETURN_IF_ERROR(see(name, input.tensor.as<float>()));
  if (plan.outputs.empty()) return OkStatus();
  return RunBatches(model, rows, kCalibrationBatch, plan.outputs,
                    [&](const std::vector<NamedTensor>& results, size_t) -> Status {
                      for (const NamedTensor& result : results) {
                        if (result.tensor.dtype != DType::kFp32)
                          return Error(Reason::kInternal, "value \"{}\" is not FP32",
                                       onnx::Shown(result.name));
                        RETURN_IF_ERROR(see(result.name, result.tensor.as<float>()));
                      }
                      return OkStatus();
                    });
}

StatusOr<StringMap<Range>> MinMax(const evaluate::Runner& model, const Plan& plan,
                                  const Rows& rows) {
  StringMap<Range> ranges;
  RETURN_IF_ERROR(Observe(
      model, plan, rows, [&](const std::string& name, std::span<const float> numbers) -> Status {
        Range& range = ranges[name];
        for (const float number : numbers) {
          if (!std::isfinite(number))
            return Error(Reason::kBadRequest,
                         "value \"{}\" is {} on a calibration row: INT8 needs finite values",
                         onnx::Shown(name), number);
          range.low = std::min(range.low, number);
          range.high = std::max(range.high, number);
        }
        return OkStatus();
      }));
  return ranges;
}

/// Histograms over each range, or of magnitudes over [0, the larger bound].
StatusOr<StringMap<Histogram>> Count(const evaluate::Runner& model, const Plan& plan,
                                     const Rows& rows, const StringMap<Range>& ranges,
                                     bool magnitudes) {
  StringMap<Histogram> histograms;
  RETURN_IF_ERROR(Observe(
      model, plan, rows, [&](const std::string& name, std::span<const float> numbers) -> Status {
        Histogram& histogram = histograms[name];
        histogram.resize(kBins);
        const Range range = ranges.at(name);
        const double low = magnitudes ? 0 : range.low;
        const double width =
            magnitudes ? std::max(-range.low, range.high) : double{range.high} - range.low;
        for (const float number : numbers) {
          const double at = magnitudes ? std::fabs(number) : number - low;
          ++histogram[width > 0 ? BinOf(at / width, kBins) : 0];
        }
        return OkStatus();
      }));
  return histograms;
}

Range EntropyRange(const Histogram& histogram, Range range) {
  constexpr size_t kOneSided = 255, kTwoSided = 128;
  const float largest = std::max(-range.low, range.high);
  const size_t bins = EntropyThreshold(histogram, range.low < 0 ? kTwoSided : kOneSided);
  const float threshold = largest * static_cast<float>(bins) / static_cast<float>(kBins);
  return {std::max(range.low, -threshold), std::min(range.high, threshold)};
}

/// How much is lost when `reference`, whose last bin holds what was cut off, is said by `histogram`
/// in `levels` steps. Bins of a step that hold anything share its sum.
double Divergence(std::span<const uint64_t> histogram, uint64_t cut_off, size_t levels) {
  const size_t bins = histogram.size();
  double total = static_cast<double>(cut_off), kept = 0;
  for (const uint64_t count : histogram) kept += static_cast<double>(count);
  total += kept;
  if (kept == 0) return INFINITY;
  double divergence = 0;
  for (size_t level = 0; level < levels; ++level) {
    const size_t begin = level * bins / levels, end = (level + 1) * bins / levels;
    double sum = 0, used = 0;
    for (size_t i = begin; i < end; ++i) {
      sum += static_cast<double>(histogram[i]);
      used += histogram[i] > 0;
    }
    for (size_t i = begin; i < end; ++i) {
      const uint64_t outside = i + 1 == bins ? cut_off : 0;
      if (histogram[i] + outside == 0) continue;
      if (histogram[i] == 0) return INFINITY;  // nothing stands for what was cut off
      const double p = static_cast<double>(histogram[i] + outside) / total;
      divergence += p * std::log(p / (sum / used / kept));
    }
  }
  return divergence;
}

}  // namespace

size_t EntropyThreshold(const Histogram& histogram, size_t levels) {
  constexpr size_t kStep = 16;  // thresholds tried are this many bins apart
  uint64_t inside = 0, total = 0;
  for (const uint64_t count : histogram) total += count;
  size_t best = histogram.size(), counted = 0;
  double least = INFINITY;
  for (size_t bins = levels; bins <= histogram.size(); bins += kStep) {
    while (counted < bins) inside += histogram[counted++];
    const double loss = Divergence(std::span(histogram).first(bins), total - inside, levels);
    if (loss < least) least = loss, best = bins;
  }
  return best;
}

Range PercentileRange(const Histogram& histogram, Range range, double percentile) {
  double total = 0;
  for (const uint64_t count : histogram) total += static_cast<double>(count);
  const double outside = total * (1 - percentile / 100) / 2;
  const double width = (double{range.high} - range.low) / static_cast<double>(histogram.size());
  size_t first = 0, last = histogram.size();
  for (double below = 0; first < last; ++first)
    if ((below += static_cast<double>(histogram[first])) > outside) break;
  for (double above = 0; last > first; --last)
    if ((above += static_cast<double>(histogram[last - 1])) > outside) break;
  const double low = range.low + width * static_cast<double>(first);
  const double high = range.low + width * static_cast<double>(last);
  return {static_cast<float>(std::min(low, 0.0)), static_cast<float>(std::max(high, 0.0))};
}

StatusOr<StringMap<Range>> Calibrate(const ModelProto& model,
                                     const std::vector<std::string>& values,
                                     const Workshop& workshop, const CalibrationOptions& options) {
  if (workshop.rows == nullptr || workshop.rows->rows.count == 0)
    return MakeError(Reason::kBadRequest, "calibration needs rows: give --data");
  const Rows& rows = workshop.rows->rows;
  const Plan plan = PlanOf(model.graph(), values);
  ASSIGN_OR_RETURN(const auto runner, workshop.load(WithOutputs(model, plan.outputs)));
  ASSIGN_OR_RETURN(StringMap<Range> ranges, MinMax(*runner, plan, rows));
  if (options.rule == RangeRule::kMinMax) return ranges;
  const bool entropy = options.rule == RangeRule::kEntropy;
  ASSIGN_OR_RETURN(const auto histograms, Count(*runner, plan, rows, ranges, entropy));
  for (auto& [name, range] : ranges)
    range = entropy ? EntropyRange(histograms.at(name), range)
                    : PercentileRange(histograms.at(name), range, options.percentile);
  return ranges;
}

}  // namespace slipway::optimise
