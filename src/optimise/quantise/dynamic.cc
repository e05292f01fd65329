// INT8 for MatMul and Gemm with ranges taken from every request: no calibration rows.

#include <algorithm>
#include <cmath>

#include "optimise/linear_node.h"
#include "optimise/passes.h"

namespace slipway::optimise {
namespace {

constexpr int64_t kLeastOpset = 11;  // DynamicQuantizeLinear

/// x → DynamicQuantizeLinear → MatMulInteger → Cast → Mul by both scales (→ Add of the bias): the
/// chain that ONNX Runtime computes as one.
class Writer {
 public:
  Writer(GraphProto& graph, bool per_channel)
      : graph_(graph), constants_(graph), per_channel_(per_channel) {}

  int Run(size_t least) {
    const int count = graph_.node_size();
    std::vector<bool> drop(static_cast<size_t>(count));
    for (int i = 0; i < count; ++i) {
      const NodeProto node = graph_.node(i);
      if (!Is(node, "MatMul") && !Is(node, "Gemm")) continue;
      const std::optional<LinearNode> linear = ReadLinear(node, constants_);
      if (!linear || linear->weights.size() < least) continue;
      Replace(node, *linear);
      drop[static_cast<size_t>(i)] = true;
      ++replaced_;
    }
    drop.resize(static_cast<size_t>(graph_.node_size()));
    DropNodes(graph_, drop);
    return replaced_;
  }

 private:
  struct Rounded {
    std::string values, scale, zero_point;
  };

  void Replace(const NodeProto& node, const LinearNode& linear) {
    const Rounded activation = RoundActivation(node.input(0));
    const Rounded weights = RoundWeights(linear, node.input(1));
    const std::string name = node.output(0);
    const std::string sum =
        Add("MatMulInteger",
            {activation.values, weights.values, activation.zero_point, weights.zero_point},
            name + "_sum");
    const std::string real = Add("Cast", {sum}, name + "_real");
    SetInt(*graph_.mutable_node(graph_.node_size() - 1), "to", TensorProto::FLOAT);
    const std::string scale = Add("Mul", {activation.scale, weights.scale}, name + "_scale");
    if (!linear.has_bias) return Make("Mul", {real, scale}, name);
    const std::string product = Add("Mul", {real, scale}, name + "_product");
    const std::string bias =
        constants_.Add(node.input(2), {static_cast<int64_t>(linear.bias.size())}, linear.bias);
    Make("Add", {product, bias}, name);
  }

  /// Once for each value, whoever reads it.
  Rounded RoundActivation(const std::string& value) {
    const auto [found, is_new] = activations_.try_emplace(value);
    if (is_new) {
      Rounded& rounded = found->second;
      rounded = {constants_.NewName(value + "_quantized"), constants_.NewName(value + "_scale"),
                 constants_.NewName(value + "_zero_point")};
      Make("DynamicQuantizeLinear", {value}, rounded.values);
      NodeProto& node = *graph_.mutable_node(graph_.node_size() - 1);
      node.add_output(rounded.scale);
      node.add_output(rounded.zero_point);
    }
    return found->second;
  }

  /// [inputs, outputs], symmetric.
  Rounded RoundWeights(const LinearNode& linear, const std::string& name) {
    constexpr float kLargest = 127, kLeastScale = 1e-12F;
    const size_t inputs = linear.weights_per_output(), outputs = linear.outputs();
    std::vector<float> scales(outputs, kLeastScale);
    for (size_t o = 0; o < outputs; ++o)
      for (size_t i = 0; i < inputs; ++i)
        scales[o] = std::max(scales[o], std::fabs(linear.at(o, i)) / kLargest);
    if (!per_channel_) scales.assign(1, std::ranges::max(scales));
    std::vector<int8_t> values(inputs * outputs);
    for (size_t i = 0; i < inputs; ++i)
      for (size_t o = 0; o < outputs; ++o) {
        const float scale = scales[per_channel_ ? o : 0];
        values[i * outputs + o] = static_cast<int8_t>(std::nearbyint(linear.at(o, i) / scale));
      }
    const Shape shape = per_channel_ ? Shape{static_cast<int64_t>(outputs)} : Shape{};
    return {constants_.Add(name + "_quantized",
                           {static_cast<int64_t>(inputs), static_cast<int64_t>(outputs)}, values),
            constants_.Add(name + "_scale", shape, scales),
            constants_.Add(name + "_zero_point", shape, std::vector<int8_t>(scales.size()))};
  }

  std::string Add(const char* op_type, std::initializer_list<std::string> inputs,
                  const std::string& wish) {
    std::string output = constants_.NewName(wish);
    Make(op_type, inputs, output);
    return output;
  }

  void Make(const char* op_type, std::initializer_list<std::string> inputs,
            const std::string& output) {
    NodeProto& node = *graph_.add_node();
    node.set_op_type(op_type);
    node.set_name(output);
    for (const std::string& input : inputs) node.add_input(input);
    node.add_output(output);
  }

  GraphProto& graph_;
  Constants constants_;
  const bool per_channel_;
  StringMap<Rounded> activations_;
  int replaced_ = 0;
};

StatusOr<std::string> ApplyQuantiseDynamic(ModelProto& model, const Settings& settings,
                                           const Workshop&) {
  if (OpsetOf(model) < kLeastOpset)
    return Error(Reason::kUnsupported,
                 "the model uses operator set {}: INT8 needs {} or newer; export it again",
                 OpsetOf(model), kLeastOpset);
  GraphProto& graph = *model.mutable_graph();
  const int replaced = Writer(graph, settings.Flag("per_channel"))
                           .Run(static_cast<size_t>(settings.Number("least")));
  if (replaced == 0) return "";
  RETURN_IF_ERROR(SortNodes(graph));
  return fmt::format("{} nodes compute in INT8", replaced);
}

}  // namespace

Pass QuantiseDynamic() {
  return {.name = "quantise-dynamic",
          .summary = "INT8 for MatMul and Gemm, with ranges taken from every request.",
          .exact = false,
          .parameters = {{.name = "per_channel",
                          .otherwise = "yes",
                          .words = {"yes", "no"},
                          .help = "A scale of weights for each output instead of one."},
                         {.name = "least",
                          .otherwise = "1024",
                          .min = 1,
                          .max = 1e9,
                          .help = "Nodes with fewer weights stay as they are."}},
          .leaves = NoteOfNotFinite,
          .apply = ApplyQuantiseDynamic};
}

}  // namespace slipway::optimise
