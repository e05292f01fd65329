#include "optimise/linear_node.h"

#include <algorithm>
#include <cmath>

namespace slipway::optimise {
namespace {

bool AllFinite(const std::vector<float>& values) {
  return std::ranges::all_of(values, [](float value) { return std::isfinite(value); });
}

/// A bias of one value for each output, from what broadcasts to that; empty when it does not.
std::vector<float> BiasOf(const Constants& constants, std::string_view name, size_t outputs) {
  const TensorProto* const tensor = constants.Find(name);
  if (tensor == nullptr) return {};
  std::vector<float> values = constants.Floats(name);
  if (values.size() == 1) values.assign(outputs, values[0]);
  const bool per_output = tensor->dims_size() == 0 ||
                          tensor->dims(tensor->dims_size() - 1) == std::ssize(values) ||
                          tensor->dims_size() == 1;
  if (values.size() != outputs || !per_output) return {};
  return values;
}

}  // namespace

void LinearNode::ScaleOutput(size_t output, double scale, double shift) {
  for (size_t i = 0; i < weights_per_output(); ++i)
    at(output, i) = static_cast<float>(at(output, i) * scale);
  bias[output] = static_cast<float>(bias[output] * scale + shift);
}

std::optional<LinearNode> ReadLinear(const NodeProto& node, const Constants& constants) {
  const bool conv = Is(node, "Conv"), gemm = Is(node, "Gemm"), matmul = Is(node, "MatMul");
  if ((!conv && !gemm && !matmul) || node.output_size() != 1) return std::nullopt;
  const TensorProto* const tensor = constants.Find(InputOf(node, 1));
  if (tensor == nullptr || InputOf(node, 0) == InputOf(node, 1)) return std::nullopt;
  if (conv ? tensor->dims_size() < 3 : tensor->dims_size() != 2) return std::nullopt;
  if (gemm && (FloatOf(node, "alpha", 1) != 1 || FloatOf(node, "beta", 1) != 1 ||
               IntOf(node, "transA", 0) != 0))
    return std::nullopt;
  LinearNode linear;
  linear.dims.assign(tensor->dims().begin(), tensor->dims().end());
  linear.weights = constants.Floats(InputOf(node, 1));
  linear.output_is_last = matmul || (gemm && IntOf(node, "transB", 0) == 0);
  if (linear.weights.empty() || !AllFinite(linear.weights)) return std::nullopt;
  linear.bias.assign(linear.outputs(), 0);
  if (InputOf(node, 2).empty()) return linear;
  linear.has_bias = true;
  linear.bias = BiasOf(constants, InputOf(node, 2), linear.outputs());
  if (linear.bias.empty() || !AllFinite(linear.bias)) return std::nullopt;
  return linear;
}

std::string NoteOfNotFinite(ModelProto& model) {
  const Constants constants(*model.mutable_graph());
  const auto is_bad = [&](const NodeProto& node) {
    if (!Is(node, "Conv") && !Is(node, "Gemm") && !Is(node, "MatMul")) return false;
    return !AllFinite(constants.Floats(InputOf(node, 1))) ||
           !AllFinite(constants.Floats(InputOf(node, 2)));
  };
  const auto count = std::ranges::count_if(model.graph().node(), is_bad);
  if (count == 0) return "";
  return fmt::format("{} with infinite or NaN weights {} in float",
                     count == 1 ? "1 node" : fmt::format("{} nodes", count),
                     count == 1 ? "stays" : "stay");
}

void WriteLinear(const LinearNode& linear, NodeProto& node, Constants& constants) {
  node.set_input(1, constants.Add(node.input(1), linear.dims, linear.weights));
  const bool needed =
      linear.has_bias || std::ranges::any_of(linear.bias, [](float b) { return b != 0; });
  if (!needed || Is(node, "MatMul")) return;
  const std::string wish = linear.has_bias ? node.input(2) : node.input(1) + "_bias";
  const std::string bias =
      constants.Add(wish, {static_cast<int64_t>(linear.bias.size())}, linear.bias);
  if (node.input_size() < 3) node.add_input();
  node.set_input(2, bias);
}

}  // namespace slipway::optimise
