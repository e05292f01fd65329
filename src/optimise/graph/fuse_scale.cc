// Products and sums with constants beside Conv, Gemm or MatMul → other weights and biases.

#include <algorithm>

#include "optimise/linear_node.h"
#include "optimise/passes.h"

namespace slipway::optimise {
namespace {

/// value · scale + shift, for each output.
struct Affine {
  std::vector<float> scale, shift;
};

/// The only constant operand of a Mul, Div, Add or Sub; kNone when there is none that fits.
constexpr int kNone = -1;
int ConstantOperand(const NodeProto& node, const Constants& constants) {
  const bool either = Is(node, "Mul") || Is(node, "Add");
  if ((!either && !Is(node, "Div") && !Is(node, "Sub")) || node.input_size() != 2) return kNone;
  if (constants.IsFloat(node.input(1))) return constants.Find(node.input(0)) ? kNone : 1;
  return either && constants.IsFloat(node.input(0)) ? 0 : kNone;
}

/// The constant as one value for each of `outputs`; empty when it differs along another axis.
/// @param trailing  axes of the value behind that of the outputs.
std::vector<float> PerOutput(const Constants& constants, const std::string& name, size_t outputs,
                             int trailing) {
  const TensorProto& tensor = *constants.Find(name);
  std::vector<float> values = constants.Floats(name);
  const int axis = tensor.dims_size() - 1 - trailing;
  if (values.size() == 1 && tensor.dims_size() <= 1)
    values.assign(outputs, values[0]);
  else if (axis < 0 || axis > 1 || tensor.dims(axis) != std::ssize(values))
    return {};
  if (values.size() != outputs) return {};
  return values;
}

/// What the node does to each output; empty when that is not known.
Affine AffineOf(const NodeProto& node, const Constants& constants, size_t outputs, int trailing) {
  const int operand = ConstantOperand(node, constants);
  if (operand == kNone) return {};
  std::vector<float> values = PerOutput(constants, node.input(operand), outputs, trailing);
  if (values.empty()) return {};
  if (Is(node, "Mul")) return {values, std::vector<float>(outputs)};
  if (Is(node, "Add")) return {std::vector<float>(outputs, 1), values};
  for (float& value : values) {
    if (Is(node, "Div") && value == 0) return {};
    value = Is(node, "Div") ? 1 / value : -value;
  }
  return Is(node, "Div") ? Affine{values, std::vector<float>(outputs)}
                         : Affine{std::vector<float>(outputs, 1), values};
}

class Sweep {
 public:
  explicit Sweep(GraphProto& graph)
      : graph_(graph),
        links_(graph),
        constants_(graph),
        drop_(static_cast<size_t>(graph.node_size())) {}

  int64_t Run() {
    for (int i = 0; i < graph_.node_size(); ++i) {
      NodeProto& node = *graph_.mutable_node(i);
      std::optional<LinearNode> linear = ReadLinear(node, constants_);
      if (!linear) continue;
      const bool before = TakeBefore(*linear, node);
      const bool after = TakeAfter(*linear, node);
      if (before || after) WriteLinear(*linear, node, constants_);
    }
    DropNodes(graph_, drop_);
    return std::ranges::count(drop_, true);
  }

 private:
  bool TakeBefore(LinearNode& linear, NodeProto& node) {
    const int maker = links_.MakerOf(node.input(0));
    if (maker == Links::kNone || links_.OnlyReaderOf(node.input(0)) == Links::kNone) return false;
    const NodeProto& scale = graph_.node(maker);
    if (!Is(scale, "Mul") && !Is(scale, "Div")) return false;
    const int operand = ConstantOperand(scale, constants_);
    if (operand == kNone || constants_.Find(scale.input(operand))->dims_size() > 1) return false;
    const Affine affine = AffineOf(scale, constants_, 1, 0);
    if (affine.scale.empty()) return false;
    for (float& weight : linear.weights) weight *= affine.scale[0];
    node.set_input(0, scale.input(1 - operand));
    drop_[static_cast<size_t>(maker)] = true;
    return true;
  }

  bool TakeAfter(LinearNode& linear, NodeProto& node) {
    const int trailing = Is(node, "Conv") ? static_cast<int>(linear.dims.size()) - 2 : 0;
    bool taken = false;
    for (;;) {
      const int next = links_.OnlyReaderOf(node.output(0));
      if (next == Links::kNone) return taken;
      const NodeProto& reader = graph_.node(next);
      // A constant [1, n] gives the product of a vector another rank.
      const int operand = ConstantOperand(reader, constants_);
      if (Is(node, "MatMul") && operand != kNone &&
          constants_.Find(reader.input(operand))->dims_size() > 1)
        return taken;
      const Affine affine = AffineOf(reader, constants_, linear.outputs(), trailing);
      if (affine.scale.empty() || (Is(node, "MatMul") && HasShift(affine))) return taken;
      for (size_t i = 0; i < linear.outputs(); ++i)
        linear.ScaleOutput(i, affine.scale[i], affine.shift[i]);
      node.set_output(0, reader.output(0));
      drop_[static_cast<size_t>(next)] = true;
      taken = true;
    }
  }

  static bool HasShift(const Affine& affine) {
    return std::ranges::any_of(affine.shift, [](float shift) { return shift != 0; });
  }

  GraphProto& graph_;
  const Links links_;
  Constants constants_;
  std::vector<bool> drop_;
};

StatusOr<std::string> ApplyFuseScale(ModelProto& model, const Settings&, const Workshop&) {
  const int64_t fused = Sweep(*model.mutable_graph()).Run();
  if (fused == 0) return "";
  return fmt::format("{} products and sums went into weights", fused);
}

}  // namespace

Pass FuseScale() {
  return {.name = "fuse-scale",
          .summary =
              "Products and sums with constants beside Conv, Gemm or MatMul become part of "
              "the weights.",
          .apply = ApplyFuseScale};
}

}  // namespace slipway::optimise
