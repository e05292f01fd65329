// Conv or Gemm followed by BatchNormalization → one node with other weights.

#include <cmath>

#include "optimise/linear_node.h"
#include "optimise/passes.h"

namespace slipway::optimise {
namespace {

constexpr float kEpsilon = 1e-5F;  // of BatchNormalization, unless it says another

/// Takes the normalisation into `linear`; false when its constants are not there or do not fit.
bool Absorb(LinearNode& linear, const NodeProto& norm, const Constants& constants) {
  std::vector<float> parts[4];  // scale, bias, mean, variance
  for (int i = 0; i < 4; ++i) {
    parts[i] = constants.Floats(InputOf(norm, i + 1));
    if (parts[i].size() != linear.outputs()) return false;
  }
  const auto& [scale, bias, mean, variance] = parts;
  const double epsilon = FloatOf(norm, "epsilon", kEpsilon);
  for (size_t i = 0; i < linear.outputs(); ++i) {
    const double factor = scale[i] / std::sqrt(variance[i] + epsilon);
    linear.ScaleOutput(i, factor, bias[i] - mean[i] * factor);
  }
  return true;
}

StatusOr<std::string> ApplyFuseBatchNorm(ModelProto& model, const Settings&, const Workshop&) {
  GraphProto& graph = *model.mutable_graph();
  const Links links(graph);
  Constants constants(graph);
  std::vector<bool> drop(static_cast<size_t>(graph.node_size()));
  int fused = 0;
  for (int i = 0; i < graph.node_size(); ++i) {
    NodeProto& node = *graph.mutable_node(i);
    if (Is(node, "MatMul") || node.output_size() != 1) continue;
    const int next = links.OnlyReaderOf(node.output(0));
    if (next == Links::kNone || !Is(graph.node(next), "BatchNormalization")) continue;
    const NodeProto& norm = graph.node(next);
    std::optional<LinearNode> linear = ReadLinear(node, constants);
    if (!linear || IntOf(norm, "training_mode", 0) != 0 || norm.output_size() != 1 ||
        norm.input(0) != node.output(0) || !Absorb(*linear, norm, constants))
      continue;
    WriteLinear(*linear, node, constants);
    node.set_output(0, norm.output(0));
    drop[static_cast<size_t>(next)] = true;
    ++fused;
  }
  DropNodes(graph, drop);
  if (fused == 0) return "";
  return fmt::format("{} batch normalisations went into weights", fused);
}

}  // namespace

Pass FuseBatchNorm() {
  return {.name = "fuse-batch-norm",
          .summary = "Batch normalisations after Conv or Gemm become part of the weights.",
          .apply = ApplyFuseBatchNorm};
}

}  // namespace slipway::optimise
