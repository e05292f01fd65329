// Weights of least magnitude become zero: smaller when compressed, not faster.

#include <algorithm>
#include <cmath>

#include "optimise/linear_node.h"
#include "optimise/passes.h"

namespace slipway::optimise {
namespace {

/// The magnitude under which `share` of the weights lie.
float ThresholdOf(std::vector<float> weights, double share) {
  for (float& weight : weights) weight = std::fabs(weight);
  const auto place = static_cast<ptrdiff_t>(share * static_cast<double>(weights.size()));
  if (place >= std::ssize(weights)) return INFINITY;
  std::ranges::nth_element(weights, weights.begin() + place);
  return weights[static_cast<size_t>(place)];
}

StatusOr<std::string> ApplyPruneWeights(ModelProto& model, const Settings& settings,
                                        const Workshop&) {
  GraphProto& graph = *model.mutable_graph();
  Constants constants(graph);
  int64_t zeros = 0, all = 0;
  for (NodeProto& node : *graph.mutable_node()) {
    std::optional<LinearNode> linear = ReadLinear(node, constants);
    if (!linear) continue;
    const float threshold = ThresholdOf(linear->weights, settings.Number("share"));
    for (float& weight : linear->weights) {
      if (std::fabs(weight) < threshold) weight = 0;
      zeros += weight == 0;
    }
    all += std::ssize(linear->weights);
    WriteLinear(*linear, node, constants);
  }
  if (zeros == 0) return "";
  return fmt::format("{} of {} weights are zero", zeros, all);
}

}  // namespace

Pass PruneWeights() {
  return {.name = "prune-weights",
          .summary =
              "Weights of least magnitude become zero, layer by layer: a file that "
              "compresses better, as fast as before.",
          .exact = false,
          .parameters = {{.name = "share",
                          .otherwise = "0.5",
                          .min = 0,
                          .max = 1,
                          .help = "Of a layer's weights."}},
          .apply = ApplyPruneWeights};
}

}  // namespace slipway::optimise
