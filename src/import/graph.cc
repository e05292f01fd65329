#include "import/graph.h"

#include <fmt/format.h>

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

std::string Graph::NewName(std::string_view prefix) {
  return fmt::format("{}{}", prefix, names_++);
}

}  // namespace slipway::importing
