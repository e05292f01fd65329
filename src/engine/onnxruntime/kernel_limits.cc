#include "engine/onnxruntime/kernel_limits.h"

#include <algorithm>

#include "onnx/display.h"

namespace slipway::onnxruntime {
namespace {

const ::onnx::AttributeProto* Find(const ::onnx::NodeProto& node, std::string_view name) {
  for (const auto& attribute : node.attribute())
    if (attribute.name() == name) return &attribute;
  return nullptr;
}

bool HasInput(const ::onnx::NodeProto& node, int index) {
  return index < node.input_size() && !node.input(index).empty();
}

bool IsConstant(const ::onnx::GraphProto& graph, const std::string& value) {
  return std::ranges::any_of(graph.initializer(), [&](const auto& t) { return t.name() == value; }) ||
         std::ranges::any_of(graph.node(), [&](const auto& n) {
           return n.op_type() == "Constant" && n.output_size() == 1 && n.output(0) == value;
         });
}

// ONNX maps corners with the scaled length as it is (0.6 · 4 = 2.4), ONNX
// Runtime, like PyTorch, with the length rounded down. They agree for whole lengths, which exporters write.
bool ScalesAlignedCornersAtRunTime(const ::onnx::GraphProto& graph, const ::onnx::NodeProto& node) {
  const auto* mode = Find(node, "coordinate_transformation_mode");
  return mode != nullptr && mode->s() == "align_corners" && HasInput(node, 2) && !HasInput(node, 3) &&
         !IsConstant(graph, node.input(2));
}

std::string_view LimitOf(const ::onnx::GraphProto& graph, const ::onnx::NodeProto& node) {
  if (!node.domain().empty() && node.domain() != "ai.onnx") return {};
  const std::string& op = node.op_type();
  if (op == "RNN" || op == "GRU" || op == "LSTM") {
    const auto* layout = Find(node, "layout");
    if (layout != nullptr && layout->i() != 0) return "with layout 1 (batch first)";
  }
  if (op == "MaxUnpool" && HasInput(node, 2)) return "with an output_shape";
  if (op == "Resize" && ScalesAlignedCornersAtRunTime(graph, node))
    return "with align_corners and scales that are not constant";
  return {};
}

}  // namespace

Status CheckKernelLimits(const ::onnx::GraphProto& graph) {
  for (const auto& node : graph.node())
    if (const auto limit = LimitOf(graph, node); !limit.empty())
      return Error(Reason::kUnsupported, "node \"{}\": operator {} {} is not supported", onnx::Shown(node.name()),
                   node.op_type(), limit);
  return OkStatus();
}

}  // namespace slipway::onnxruntime
