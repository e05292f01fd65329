#include "onnx/graph_facts.h"

#include <fmt/format.h>

#include "io/digest.h"
#include "onnx/display.h"
#include "onnx/external_data.h"
#include "onnx/skeleton.h"
#include "onnx/tensor_proto.h"
#include "onnx/types.h"

namespace slipway::onnx {
namespace {

constexpr size_t kDigestDigits = 16;
constexpr size_t kMaxShownElements = 8;

/// "sha256:1f0c3e5d7a9b2c4d": enough to tell parts apart, the bundle's digest guards them.
std::string ShortDigest(std::span<const std::byte> bytes) {
  return "sha256:" + io::Sha256Hex(bytes).substr(0, kDigestDigits);
}

std::string ShortDigest(const google::protobuf::MessageLite& message) {
  const std::string bytes = message.SerializeAsString();
  return ShortDigest(std::as_bytes(std::span(bytes)));
}

std::string DomainOf(const std::string& domain) {
  return domain.empty() ? "ai.onnx" : Shown(domain);
}

/// Types the protocols have no word for are compared as they were written.
std::string UnknownType(::onnx::TensorProto proto) {
  proto.clear_name();
  proto.clear_doc_string();
  return fmt::format("type {}, {}", proto.data_type(), ShortDigest(proto));
}

StatusOr<std::string> FactOf(const ::onnx::TensorProto& proto, const ModelBytes& model) {
  const auto dtype = DTypeOf(proto.data_type());
  if (!dtype) return UnknownType(proto);
  const std::string type = ToString(*dtype, DimsOf(proto));
  ASSIGN_OR_RETURN(const auto external, ExternalBytes(proto, model.external_data));
  if (external) return fmt::format("{} {}", type, ShortDigest(*external));
  ASSIGN_OR_RETURN(const Tensor tensor, ToTensor(proto));
  return fmt::format("{} {}", type, ShortDigest(tensor.data.bytes()));
}

/// "[1, 2, 3]"; of many, their number and a digest.
template <typename Field>
std::string ListFact(const Field& list) {
  const std::string text = fmt::format("[{}]", fmt::join(list.begin(), list.end(), ", "));
  if (static_cast<size_t>(list.size()) <= kMaxShownElements) return Shown(text);
  return fmt::format("{} elements, {}", list.size(), ShortDigest(std::as_bytes(std::span(text))));
}

StatusOr<std::string> FactOf(const ::onnx::AttributeProto& attribute, const ModelBytes& model) {
  using Proto = ::onnx::AttributeProto;
  switch (attribute.type()) {
    case Proto::INT:
      return fmt::format("{}", attribute.i());
    case Proto::FLOAT:
      return fmt::format("{}", attribute.f());
    case Proto::STRING:
      return fmt::format("\"{}\"{}", Shown(attribute.s()),
                         attribute.s().size() > 100
                             ? ", " + ShortDigest(std::as_bytes(std::span(attribute.s())))
                             : "");
    case Proto::INTS:
      return ListFact(attribute.ints());
    case Proto::FLOATS:
      return ListFact(attribute.floats());
    case Proto::STRINGS:
      return ListFact(attribute.strings());
    case Proto::TENSOR:
      return FactOf(attribute.t(), model);
    default:
      return ShortDigest(attribute);
  }
}

/// The first output that has a name: no two nodes of a graph have the same.
std::string NameOf(const ::onnx::NodeProto& node, int index) {
  for (const std::string& output : node.output())
    if (!output.empty()) return Shown(output);
  return fmt::format("#{}", index);
}

std::string CallOf(const ::onnx::NodeProto& node) {
  const std::string domain = node.domain().empty() || node.domain() == "ai.onnx"
                                 ? ""
                                 : fmt::format("{}.", Shown(node.domain()));
  std::string call = fmt::format("{}{}(", domain, Shown(node.op_type()));
  for (const std::string& input : node.input())
    call += (call.ends_with('(') ? "" : ", ") + Shown(input);
  call += ')';
  for (int i = 1; i < node.output_size(); ++i) call += ", " + Shown(node.output(i));
  return call;
}

Status AddNodes(const ::onnx::GraphProto& graph, const ModelBytes& model, GraphFacts& facts) {
  for (int i = 0; i < graph.node_size(); ++i) {
    const std::string name = NameOf(graph.node(i), i);
    facts.nodes[name] = CallOf(graph.node(i));
    for (const auto& attribute : graph.node(i).attribute()) {
      auto fact = FactOf(attribute, model);
      if (!fact.ok())
        return Annotate(fact.status(),
                        fmt::format("node \"{}\": {}", name, Shown(attribute.name())));
      facts.attributes[fmt::format("{}.{}", name, Shown(attribute.name()))] = *std::move(fact);
    }
  }
  return OkStatus();
}

}  // namespace

StatusOr<GraphFacts> FactsOf(const ModelBytes& model) {
  ASSIGN_OR_RETURN(const ::onnx::ModelProto proto, ParseModel(model.model));
  GraphFacts facts;
  for (const auto& opset : proto.opset_import())
    facts.operator_sets[DomainOf(opset.domain())] = fmt::format("{}", opset.version());
  RETURN_IF_ERROR(AddNodes(proto.graph(), model, facts));
  for (const auto& tensor : proto.graph().initializer()) {
    ASSIGN_OR_RETURN(facts.weights[Shown(tensor.name())], FactOf(tensor, model));
  }
  for (const auto& sparse : proto.graph().sparse_initializer())
    facts.weights[Shown(sparse.values().name())] = "sparse, " + ShortDigest(sparse);
  for (const auto& function : proto.functions())
    facts.functions[fmt::format("{}.{}", DomainOf(function.domain()), Shown(function.name()))] =
        ShortDigest(function);
  return facts;
}

}  // namespace slipway::onnx
