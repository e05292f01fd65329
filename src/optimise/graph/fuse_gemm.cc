// MatMul and the addition of a bias → Gemm; Gemm of Gemm → one Gemm, where that is less work.

#include <algorithm>

#include "optimise/linear_node.h"
#include "optimise/passes.h"

namespace slipway::optimise {
namespace {

constexpr std::string_view kKeepRank[] = {"Relu",     "Sigmoid", "Tanh",   "Clip",
                                          "Identity", "Gelu",    "Elu",    "LeakyRelu",
                                          "Softmax",  "Cast",    "Dropout"};

/// Values known to be matrices.
StringSet MatricesOf(const GraphProto& graph) {
  StringSet matrices;
  const auto declare = [&](const auto& value) {
    const auto& type = value.type().tensor_type();
    if (type.has_shape() && type.shape().dim_size() == 2) matrices.insert(value.name());
  };
  for (const auto& input : graph.input()) declare(input);
  for (const auto& value : graph.value_info()) declare(value);
  const Constants constants(const_cast<GraphProto&>(graph));
  for (const NodeProto& node : graph.node()) {
    if (node.output_size() == 0) continue;
    const bool keeps = std::ranges::count(kKeepRank, node.op_type()) > 0;
    const bool product = Is(node, "MatMul") && constants.Find(InputOf(node, 1)) != nullptr &&
                         constants.Find(InputOf(node, 1))->dims_size() == 2;
    if (Is(node, "Gemm") || Is(node, "Flatten") ||
        ((keeps || product) && matrices.contains(InputOf(node, 0))))
      matrices.insert(node.output(0));
  }
  return matrices;
}

/// The operand of an Add of two that is not `value`.
std::string_view OtherOperand(const NodeProto& add, std::string_view value) {
  return add.input(0) == value ? add.input(1) : add.input(0);
}

int FuseBiases(GraphProto& graph) {
  const auto matrices = MatricesOf(graph);
  const Links links(graph);
  const Constants constants(graph);
  std::vector<bool> drop(static_cast<size_t>(graph.node_size()));
  int fused = 0;
  for (int i = 0; i < graph.node_size(); ++i) {
    NodeProto& node = *graph.mutable_node(i);
    if (!Is(node, "MatMul") || !matrices.contains(InputOf(node, 0))) continue;
    const std::optional<LinearNode> linear = ReadLinear(node, constants);
    const int next = linear ? links.OnlyReaderOf(node.output(0)) : Links::kNone;
    if (next == Links::kNone || !Is(graph.node(next), "Add")) continue;
    const std::string bias(OtherOperand(graph.node(next), node.output(0)));
    const TensorProto* const tensor = constants.Find(bias);
    if (!constants.IsFloat(bias) || tensor->dims_size() != 1 ||
        tensor->dims(0) != static_cast<int64_t>(linear->outputs()))
      continue;
    node.set_op_type("Gemm");
    node.add_input(bias);
    node.set_output(0, graph.node(next).output(0));
    drop[static_cast<size_t>(next)] = true;
    ++fused;
  }
  DropNodes(graph, drop);
  return fused;
}

/// second(first(x)) as one; nullopt when that takes more products than the two.
std::optional<LinearNode> Product(const LinearNode& first, const LinearNode& second) {
  const size_t inputs = first.weights_per_output(), hidden = first.outputs(),
               outputs = second.outputs();
  if (second.weights_per_output() != hidden || inputs * outputs > hidden * (inputs + outputs))
    return std::nullopt;
  LinearNode product{{static_cast<int64_t>(outputs), static_cast<int64_t>(inputs)},
                     std::vector<float>(outputs * inputs),
                     second.bias,
                     true,
                     false};
  for (size_t o = 0; o < outputs; ++o) {
    std::vector<double> row(inputs);
    double bias = second.bias[o];
    for (size_t h = 0; h < hidden; ++h) {
      const double weight = second.at(o, h);
      bias += weight * first.bias[h];
      for (size_t i = 0; i < inputs; ++i) row[i] += weight * first.at(h, i);
    }
    std::ranges::transform(row, &product.at(o, 0), [](double v) { return static_cast<float>(v); });
    product.bias[o] = static_cast<float>(bias);
  }
  return product;
}

int FuseProducts(GraphProto& graph) {
  const Links links(graph);
  Constants constants(graph);
  std::vector<bool> drop(static_cast<size_t>(graph.node_size()));
  int fused = 0;
  for (int i = 0; i < graph.node_size(); ++i) {
    const NodeProto& first = graph.node(i);
    if (!Is(first, "Gemm")) continue;
    const int next = links.OnlyReaderOf(first.output(0));
    if (next == Links::kNone || !Is(graph.node(next), "Gemm")) continue;
    NodeProto& second = *graph.mutable_node(next);
    const auto a = ReadLinear(first, constants), b = ReadLinear(second, constants);
    if (!a || !b || second.input(0) != first.output(0)) continue;
    const std::optional<LinearNode> product = Product(*a, *b);
    if (!product) continue;
    second.set_input(0, first.input(0));
    second.clear_attribute();
    AttributeProto& transposed = *second.add_attribute();
    transposed.set_name("transB");
    transposed.set_type(AttributeProto::INT);
    transposed.set_i(1);
    LinearNode written = *product;
    written.has_bias = !InputOf(second, 2).empty();
    WriteLinear(written, second, constants);
    drop[static_cast<size_t>(i)] = true;
    ++fused;
  }
  DropNodes(graph, drop);
  return fused;
}

StatusOr<std::string> ApplyFuseGemm(ModelProto& model, const Settings&, const Workshop&) {
  GraphProto& graph = *model.mutable_graph();
  const int biases = FuseBiases(graph);
  const int products = FuseProducts(graph);
  if (biases + products == 0) return "";
  return fmt::format("{} sums and {} products became part of a Gemm", biases, products);
}

}  // namespace

Pass FuseGemm() {
  return {.name = "fuse-gemm",
          .summary = "MatMul and Add become Gemm; Gemm after Gemm becomes one.",
          .apply = ApplyFuseGemm};
}

}  // namespace slipway::optimise
