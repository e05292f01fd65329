#include "onnx/builder.h"

#include "onnx/onnx.pb.h"
#include "onnx/tensor_proto.h"
#include "onnx/types.h"

namespace slipway::onnx {
namespace {

constexpr int64_t kIrVersion = 8;
constexpr int64_t kOpset = 17;

void Declare(::onnx::ValueInfoProto& value, std::string_view name, DType dtype,
             const Shape& shape) {
  value.set_name(std::string(name));
  auto& tensor = *value.mutable_type()->mutable_tensor_type();
  tensor.set_elem_type(OnnxTypeOf(dtype));
  auto& dims = *tensor.mutable_shape();
  for (size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] < 0)
      dims.add_dim()->set_dim_param(fmt::format("{}_{}", name, i));
    else
      dims.add_dim()->set_dim_value(shape[i]);
  }
}

struct Fill {
  ::onnx::AttributeProto& to;

  void operator()(int64_t v) { to.set_i(v), to.set_type(::onnx::AttributeProto::INT); }
  void operator()(float v) { to.set_f(v), to.set_type(::onnx::AttributeProto::FLOAT); }
  void operator()(const std::string& v) {
    to.set_s(v), to.set_type(::onnx::AttributeProto::STRING);
  }
  void operator()(const std::vector<int64_t>& v) {
    to.mutable_ints()->Add(v.begin(), v.end());
    to.set_type(::onnx::AttributeProto::INTS);
  }
  void operator()(const std::vector<float>& v) {
    to.mutable_floats()->Add(v.begin(), v.end());
    to.set_type(::onnx::AttributeProto::FLOATS);
  }
  void operator()(const std::vector<std::string>& v) {
    for (const auto& s : v) to.add_strings(s);
    to.set_type(::onnx::AttributeProto::STRINGS);
  }
  void operator()(const Tensor& v) {
    *to.mutable_t() = ToProto("", v);
    to.set_type(::onnx::AttributeProto::TENSOR);
  }
  void operator()(const Builder* v) {
    *to.mutable_g() = v->proto().graph();
    to.set_type(::onnx::AttributeProto::GRAPH);
  }
};

}  // namespace

Builder::Builder() : model_(std::make_unique<::onnx::ModelProto>()) {
  model_->set_ir_version(kIrVersion);
  model_->set_producer_name("slipway");
  model_->mutable_graph()->set_name("graph");
  Opset("", kOpset);
}
Builder::~Builder() = default;
Builder::Builder(Builder&&) noexcept = default;
Builder& Builder::operator=(Builder&&) noexcept = default;

Builder& Builder::IrVersion(int64_t version) {
  model_->set_ir_version(version);
  return *this;
}

Builder& Builder::Opset(std::string_view domain, int64_t version) {
  for (auto& opset : *model_->mutable_opset_import()) {
    if (opset.domain() != domain) continue;
    opset.set_version(version);
    return *this;
  }
  auto& opset = *model_->add_opset_import();
  opset.set_domain(std::string(domain));
  opset.set_version(version);
  return *this;
}

Builder& Builder::Input(std::string_view name, DType dtype, const Shape& shape) {
  Declare(*model_->mutable_graph()->add_input(), name, dtype, shape);
  return *this;
}

Builder& Builder::Output(std::string_view name, DType dtype, const Shape& shape) {
  Declare(*model_->mutable_graph()->add_output(), name, dtype, shape);
  return *this;
}

Builder& Builder::Node(std::string_view op_type, const std::vector<std::string>& inputs,
                       const std::vector<std::string>& outputs,
                       const std::vector<Attribute>& attributes, std::string_view domain) {
  auto& node = *model_->mutable_graph()->add_node();
  node.set_op_type(std::string(op_type));
  node.set_domain(std::string(domain));
  node.set_name(fmt::format("{}_{}", op_type, model_->graph().node_size() - 1));
  for (const auto& name : inputs) node.add_input(name);
  for (const auto& name : outputs) node.add_output(name);
  for (const auto& attribute : attributes) {
    auto& to = *node.add_attribute();
    to.set_name(attribute.name);
    std::visit(Fill{to}, attribute.value);
  }
  return *this;
}

Builder& Builder::Initializer(std::string_view name, const Tensor& tensor) {
  *model_->mutable_graph()->add_initializer() = ToProto(name, tensor);
  return *this;
}

Builder& Builder::ExternalInitializer(std::string_view name, DType dtype, const Shape& shape,
                                      std::string_view location, size_t offset, size_t length) {
  auto& tensor = *model_->mutable_graph()->add_initializer();
  tensor.set_name(std::string(name));
  tensor.set_data_type(OnnxTypeOf(dtype));
  for (const int64_t dim : shape) tensor.add_dims(dim);
  tensor.set_data_location(::onnx::TensorProto::EXTERNAL);
  const auto add = [&](const char* key, std::string value) {
    auto& entry = *tensor.add_external_data();
    entry.set_key(key);
    entry.set_value(std::move(value));
  };
  add("location", std::string(location));
  add("offset", std::to_string(offset));
  add("length", std::to_string(length));
  return *this;
}

Builder& Builder::Function(std::string_view domain, std::string_view name, const Builder& body) {
  auto& function = *model_->add_functions();
  function.set_domain(std::string(domain));
  function.set_name(std::string(name));
  *function.mutable_opset_import() = body.proto().opset_import();
  const auto& graph = body.proto().graph();
  for (const auto& input : graph.input()) function.add_input(input.name());
  for (const auto& output : graph.output()) function.add_output(output.name());
  for (const auto& constant : graph.initializer()) {  // which a function has none of
    auto& node = *function.add_node();
    node.set_op_type("Constant");
    node.add_output(constant.name());
    auto& value = *node.add_attribute();
    value.set_name("value");
    value.set_type(::onnx::AttributeProto::TENSOR);
    *value.mutable_t() = constant;
  }
  for (const auto& node : graph.node()) *function.add_node() = node;
  return *this;
}

Builder& Builder::Metadata(std::string_view key, std::string_view value) {
  auto& entry = *model_->add_metadata_props();
  entry.set_key(std::string(key));
  entry.set_value(std::string(value));
  return *this;
}

std::string Builder::Serialize() const { return model_->SerializeAsString(); }

}  // namespace slipway::onnx
