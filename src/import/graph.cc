#include "import/graph.h"

#include <fmt/format.h>

#include <algorithm>

#include "onnx/onnx.pb.h"
#include "onnx/types.h"

namespace slipway::importing {
namespace {

constexpr int64_t kIrVersion = 10;
constexpr int64_t kOpset = 21;
constexpr int64_t kMlOpset = 5;

}  // namespace

int32_t OnnxType(DType dtype) { return onnx::OnnxTypeOf(dtype); }

Graph::Graph() { builder_.Opset("", kOpset).Opset(kMlDomain, kMlOpset).IrVersion(kIrVersion); }

Matrix Graph::Input(std::string_view name, DType dtype, int64_t columns) {
  builder_.Input(name, dtype, {-1, columns});
  inputs_.emplace(name);
  return {std::string(name), dtype, columns};
}

void Graph::Output(std::string_view name, const std::string& value, DType dtype,
                   const Shape& shape) {
  builder_.Node("Identity", {value}, {std::string(name)}).Output(name, dtype, shape);
}

std::string Graph::Add(std::string_view op_type, const std::vector<std::string>& inputs,
                       const std::vector<onnx::Attribute>& attributes, std::string_view domain) {
  return AddMany(op_type, inputs, 1, attributes, domain).front();
}

std::vector<std::string> Graph::AddMany(std::string_view op_type,
                                        const std::vector<std::string>& inputs, int outputs,
                                        const std::vector<onnx::Attribute>& attributes,
                                        std::string_view domain) {
  std::vector<std::string> names;
  for (int i = 0; i < outputs; ++i) names.push_back(NewName("v"));
  builder_.Node(op_type, inputs, names, attributes, domain);
  return names;
}

std::string Graph::Strings(const Shape& shape, std::span<const std::string> values) {
  std::string wire;
  for (const std::string& value : values) AppendBytesElement(wire, value);
  const std::string name = NewName("c");
  builder_.Initializer(name, Tensor{DType::kBytes, shape, Buffer::Own(std::move(wire))});
  return name;
}

Matrix Graph::CastTo(const Matrix& x, DType dtype) {
  if (x.dtype == dtype) return x;
  return {Add("Cast", {x.value}, {{"to", OnnxType(dtype)}}), dtype, x.columns};
}

Matrix Graph::Concat(std::span<const Matrix> parts) {
  if (parts.size() == 1) return parts.front();
  Matrix whole{"", parts.front().dtype, 0};
  std::vector<std::string> values;
  for (const Matrix& part : parts) {
    values.push_back(part.value);
    whole.columns += part.columns;
  }
  whole.value = Add("Concat", values, {{"axis", 1}});
  return whole;
}

Matrix Graph::Select(const Matrix& x, std::span<const int64_t> indices) {
  const auto count = static_cast<int64_t>(indices.size());
  return {Add("Gather", {x.value, Constant<int64_t>({count}, indices)}, {{"axis", 1}}), x.dtype,
          count};
}

void Graph::DropUnused() {
  ::onnx::GraphProto& graph = *builder_.proto().mutable_graph();
  std::set<std::string, std::less<>> needed;
  for (const auto& output : graph.output()) needed.insert(output.name());
  // A node stands after what it reads.
  std::vector<bool> keep(static_cast<size_t>(graph.node_size()));
  for (int i = graph.node_size() - 1; i >= 0; --i) {
    const ::onnx::NodeProto& node = graph.node(i);
    keep[i] = std::any_of(node.output().begin(), node.output().end(),
                          [&](const auto& output) { return needed.contains(output); });
    if (keep[i]) needed.insert(node.input().begin(), node.input().end());
  }
  auto& nodes = *graph.mutable_node();
  nodes.erase(std::stable_partition(nodes.begin(), nodes.end(),
                                    [&, i = size_t{0}](const auto&) mutable { return keep[i++]; }),
              nodes.end());
  auto& constants = *graph.mutable_initializer();
  constants.erase(
      std::stable_partition(constants.begin(), constants.end(),
                            [&](const auto& constant) { return needed.contains(constant.name()); }),
      constants.end());
}

std::string Graph::NewName(std::string_view prefix) {
  std::string name;
  do name = fmt::format("{}{}", prefix, names_++);
  while (inputs_.contains(name));
  return name;
}

}  // namespace slipway::importing
