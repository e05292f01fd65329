#include "import/graph.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "onnx/onnx.pb.h"
#include "onnx/types.h"

namespace slipway::importing {
namespace {

constexpr int64_t kIrVersion = 10;
constexpr int64_t kMlOpset = 5;
constexpr size_t kNodeBytes = 256;  // in memory, without what it names
constexpr size_t kVarintBytes = 4;  // of places in a large model

/// Drops the elements of a repeated field that `keep(index)` does not name; the rest keep their
/// order.
void KeepElements(auto& field, const auto& keep) {
  int kept = 0;
  for (int i = 0; i < field.size(); ++i)
    if (keep(i)) field.SwapElements(kept++, i);
  field.DeleteSubrange(kept, field.size() - kept);
}

size_t SizeOf(const onnx::Attribute& attribute) {
  struct Size {
    size_t operator()(int64_t) { return sizeof(int64_t); }
    size_t operator()(float) { return sizeof(float); }
    size_t operator()(const std::string& v) { return v.size(); }
    size_t operator()(const std::vector<int64_t>& v) { return v.size() * kVarintBytes; }
    size_t operator()(const std::vector<float>& v) { return v.size() * sizeof(float); }
    size_t operator()(const std::vector<std::string>& v) {
      return std::accumulate(v.begin(), v.end(), v.size() * sizeof(std::string),
                             [](size_t sum, const std::string& s) { return sum + s.size(); });
    }
    size_t operator()(const Tensor& v) { return v.data.size(); }
    size_t operator()(const onnx::Builder* v) { return v->proto().ByteSizeLong(); }
  };
  return attribute.name.size() + std::visit(Size{}, attribute.value);
}

Status TooLarge(size_t bytes, size_t max_bytes) {
  return Error(Reason::kTooLarge, "the ONNX model would take {} bytes or more, {} are allowed",
               bytes, max_bytes);
}

}  // namespace

int32_t OnnxType(DType dtype) { return onnx::OnnxTypeOf(dtype); }

Graph::Graph(size_t max_bytes) : max_bytes_(max_bytes) {
  builder_.Opset("", kOpset).Opset(kMlDomain, kMlOpset).IrVersion(kIrVersion);
}

Matrix Graph::Input(std::string_view name, DType dtype, int64_t columns) {
  builder_.Input(name, dtype, {-1, columns});
  auto& inputs = *builder_.proto().mutable_graph()->mutable_input();
  const auto rows = [](auto& input) {
    return input.mutable_type()->mutable_tensor_type()->mutable_shape()->mutable_dim(0);
  };
  rows(inputs[inputs.size() - 1])->set_dim_param(rows(inputs[0])->dim_param());
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
  size_t bytes = kNodeBytes;
  for (const std::string& input : inputs) bytes += sizeof(std::string) + input.size();
  for (const onnx::Attribute& attribute : attributes) bytes += SizeOf(attribute);
  if (Take(bytes)) builder_.Node(op_type, inputs, names, attributes, domain);
  return names;
}

std::string Graph::AddDefined(std::string_view name, const std::vector<std::string>& inputs,
                              const onnx::Builder& body) {
  if (defined_.emplace(name).second)
    builder_.Opset(kSlipwayDomain, 1).Function(kSlipwayDomain, name, body);
  return Add(name, inputs, {}, kSlipwayDomain);
}

std::string Graph::AddOwn(std::string_view name, const std::vector<std::string>& inputs,
                          const std::vector<onnx::Attribute>& attributes) {
  builder_.Opset(kSlipwayDomain, 1);
  return Add(name, inputs, attributes, kSlipwayDomain);
}

std::string Graph::Strings(const Shape& shape, std::span<const std::string> values) {
  std::string wire;
  for (const std::string& value : values) AppendBytesElement(wire, value);
  const std::string name = NewName("c");
  if (Take(wire.size()))
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
    whole.sparse = whole.sparse || part.sparse;
  }
  whole.value = Add("Concat", values, {{"axis", 1}});
  return whole;
}

Matrix Graph::Select(const Matrix& x, std::span<const int64_t> indices) {
  const auto count = static_cast<int64_t>(indices.size());
  return {Add("Gather", {x.value, Constant<int64_t>({count}, indices)}, {{"axis", 1}}), x.dtype,
          count, x.sparse};
}

Status Graph::CheckRoom(size_t bytes) const {
  if (bytes_ <= max_bytes_ && bytes <= max_bytes_ - bytes_) return OkStatus();
  return TooLarge(bytes_ + bytes, max_bytes_);
}

bool Graph::Take(size_t bytes) {
  if (bytes_ > max_bytes_) return false;
  bytes_ += bytes;
  return bytes_ <= max_bytes_;
}

void Graph::DropUnused() { importing::DropUnused(*builder_.proto().mutable_graph()); }

StatusOr<std::string> Graph::Serialize() const {
  RETURN_IF_ERROR(status());
  return importing::Serialize(builder_.proto(), max_bytes_);
}

StatusOr<std::string> Serialize(const ::onnx::ModelProto& model, size_t max_bytes) {
  const size_t bytes = model.ByteSizeLong();
  if (bytes > max_bytes) return TooLarge(bytes, max_bytes);
  return model.SerializeAsString();
}

void DropUnused(::onnx::GraphProto& graph) {
  std::set<std::string, std::less<>> needed;
  for (const auto& output : graph.output()) needed.insert(output.name());
  // A node stands after what it reads.
  auto& nodes = *graph.mutable_node();
  std::vector<bool> keep(static_cast<size_t>(nodes.size()));
  for (int i = nodes.size() - 1; i >= 0; --i) {
    const auto& outputs = nodes[i].output();
    keep[i] = std::any_of(outputs.begin(), outputs.end(),
                          [&](const auto& output) { return needed.contains(output); });
    if (keep[i]) needed.insert(nodes[i].input().begin(), nodes[i].input().end());
  }
  KeepElements(nodes, [&](int i) { return keep[i]; });
  auto& constants = *graph.mutable_initializer();
  KeepElements(constants, [&](int i) { return needed.contains(constants[i].name()); });
}

std::string Graph::NewName(std::string_view prefix) {
  std::string name;
  do name = fmt::format("{}{}", prefix, names_++);
  while (inputs_.contains(name));
  return name;
}

}  // namespace slipway::importing
