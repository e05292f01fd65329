// INT8 with ranges from calibration rows, as pairs of QuantizeLinear and DequantizeLinear.

#include "optimise/linear_node.h"
#include "optimise/passes.h"
#include "optimise/quantise/qdq.h"
#include "optimise/quantise/sensitivity.h"

namespace slipway::optimise {
namespace {

constexpr int64_t kLeastOpset = 13;  // scales for each channel

RangeRule RuleOf(const std::string& word) {
  if (word == "percentile") return RangeRule::kPercentile;
  return word == "entropy" ? RangeRule::kEntropy : RangeRule::kMinMax;
}

StatusOr<std::string> ApplyQuantiseStatic(ModelProto& model, const Settings& settings,
                                          const Workshop& workshop) {
  if (OpsetOf(model) < kLeastOpset)
    return Error(Reason::kUnsupported,
                 "the model uses operator set {}: INT8 needs {} or newer; export it again",
                 OpsetOf(model), kLeastOpset);
  QdqPlan plan = PlanQdq(*model.mutable_graph(), {});
  if (plan.nodes.empty()) return "";
  CalibrationOptions calibration;
  calibration.rule = RuleOf(settings.Word("ranges"));
  calibration.percentile = settings.Number("percentile");
  QdqOptions options;
  options.per_channel = settings.Flag("per_channel");
  options.weight_bits = static_cast<int>(settings.Number("weight_bits"));
  ASSIGN_OR_RETURN(const auto ranges, Calibrate(model, plan.values, workshop, calibration));
  std::vector<std::string> in_float;
  if (const auto most = static_cast<size_t>(settings.Number("float_nodes")); most > 0) {
    ASSIGN_OR_RETURN(std::vector<NodeError> errors, MeasureNodes(model, ranges, options, workshop));
    for (size_t i = 0; i < std::min(most, errors.size()); ++i)
      in_float.push_back(std::move(errors[i].output));
    plan = PlanQdq(*model.mutable_graph(), in_float);
    if (plan.nodes.empty()) return "";
  }
  RETURN_IF_ERROR(WriteQdq(*model.mutable_graph(), plan, ranges, options));
  std::string done = fmt::format("{} nodes compute in INT8", plan.nodes.size());
  if (!in_float.empty()) done += fmt::format(", {} were left in float", in_float.size());
  return done;
}

}  // namespace

Pass QuantiseStatic() {
  return {
      .name = "quantise-static",
      .summary =
          "INT8 for Conv, Gemm, MatMul and what lies between, with ranges taken from "
          "calibration rows.",
      .exact = false,
      .needs_rows = true,
      .parameters = {{.name = "ranges",
                      .otherwise = "minmax",
                      .words = {"minmax", "percentile", "entropy"},
                      .help = "How much of what was seen INT8 must be able to say."},
                     {.name = "percentile",
                      .otherwise = "99.99",
                      .min = 50,
                      .max = 100,
                      .help = "With ranges=percentile: the share of values that lie inside, in %."},
                     {.name = "per_channel",
                      .otherwise = "yes",
                      .words = {"yes", "no"},
                      .help = "A scale of weights for each output instead of one."},
                     {.name = "weight_bits",
                      .otherwise = "8",
                      .min = 7,
                      .max = 8,
                      .help = "7 for CPUs without VNNI, where sums of 8-bit products saturate."},
                     {.name = "float_nodes",
                      .otherwise = "0",
                      .min = 0,
                      .max = 1000,
                      .help = "How many of the nodes that suffer most stay in float."}},
      .leaves = NoteOfNotFinite,
      .apply = ApplyQuantiseStatic};
}

}  // namespace slipway::optimise
