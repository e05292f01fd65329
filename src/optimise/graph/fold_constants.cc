// Nodes whose inputs are constants → constants, as the engine computes them.

#include "onnx/tensor_proto.h"
#include "onnx/types.h"
#include "optimise/graph.h"
#include "optimise/passes.h"
#include "optimise/value_types.h"

namespace slipway::optimise {
namespace {

/// A constant may be larger than what made it (ConstantOfShape, Expand) up to this.
constexpr size_t kMaxGrowthBytes = size_t{1} << 20;

/// Operators whose answer is not the same every time, or that say where INT8 begins.
constexpr std::string_view kNeverFolded[] = {
    "RandomNormal", "RandomUniform", "RandomNormalLike", "RandomUniformLike", "Bernoulli",
    "Multinomial",  "Dropout",       "QuantizeLinear",   "DequantizeLinear"};

bool MayFold(const NodeProto& node) {
  if (!Is(node, node.op_type()) || std::ranges::count(kNeverFolded, node.op_type()) > 0)
    return false;
  return std::ranges::none_of(node.attribute(), [](const AttributeProto& attribute) {
    return attribute.has_g() || attribute.graphs_size() > 0;
  });
}

/// The nodes that only constants lead to, and what of them the rest of the graph reads.
struct Foldable {
  std::vector<bool> nodes;
  std::vector<std::string> values;
};

Foldable FindFoldable(GraphProto& graph) {
  const Constants constants(graph);
  const Links links(graph);
  const auto types = ValueTypesOf(graph);
  StringSet known;
  Foldable foldable{std::vector<bool>(static_cast<size_t>(graph.node_size())), {}};
  for (int i = 0; i < graph.node_size(); ++i) {
    const NodeProto& node = graph.node(i);
    const bool constant = std::ranges::all_of(node.input(), [&](const std::string& value) {
      return value.empty() || constants.Find(value) != nullptr || known.contains(value);
    });
    const bool typed = std::ranges::all_of(node.output(), [&](const std::string& value) {
      return value.empty() || (types.contains(value) && onnx::DTypeOf(types.at(value)));
    });
    const bool is_output = Is(node, "Identity") && links.IsPinned(node.output(0));
    if (!constant || !typed || is_output || !MayFold(node)) continue;
    foldable.nodes[static_cast<size_t>(i)] = true;
    known.insert(node.output().begin(), node.output().end());
  }
  for (int i = 0; i < graph.node_size(); ++i) {
    if (!foldable.nodes[static_cast<size_t>(i)]) continue;
    for (const std::string& value : graph.node(i).output()) {
      const bool read =
          links.IsPinned(value) || std::ranges::any_of(links.ReadersOf(value), [&](int reader) {
            return !foldable.nodes[static_cast<size_t>(reader)];
          });
      if (!value.empty() && read) foldable.values.push_back(value);
    }
  }
  return foldable;
}

/// A model of the foldable nodes alone, which takes nothing.
ModelProto PartOf(const ModelProto& model, const Foldable& foldable) {
  const GraphProto& graph = model.graph();
  const auto types = ValueTypesOf(graph);
  ModelProto part;
  part.set_ir_version(model.ir_version());
  *part.mutable_opset_import() = model.opset_import();
  part.mutable_graph()->set_name("constants");
  StringSet read;
  for (int i = 0; i < graph.node_size(); ++i) {
    if (!foldable.nodes[static_cast<size_t>(i)]) continue;
    *part.mutable_graph()->add_node() = graph.node(i);
    read.insert(graph.node(i).input().begin(), graph.node(i).input().end());
  }
  for (const TensorProto& constant : graph.initializer())
    if (read.contains(constant.name())) *part.mutable_graph()->add_initializer() = constant;
  for (const std::string& value : foldable.values) {
    auto& output = *part.mutable_graph()->add_output();
    output.set_name(value);
    output.mutable_type()->mutable_tensor_type()->set_elem_type(types.at(value));
  }
  return part;
}

/// Graph outputs must be made by a node: they go on as Identity of the constant.
void Replace(GraphProto& graph, const Foldable& foldable, std::vector<NamedTensor> values) {
  DropNodes(graph, foldable.nodes);
  Constants constants(graph);
  StringSet outputs;
  for (const auto& output : graph.output()) outputs.insert(output.name());
  for (const NamedTensor& value : values) {
    if (!outputs.contains(value.name)) {
      *graph.add_initializer() = onnx::ToProto(value.name, value.tensor);
      continue;
    }
    NodeProto& node = *graph.add_node();
    node.set_op_type("Identity");
    node.add_input(constants.Add(value.name + "_constant", value.tensor));
    node.add_output(value.name);
  }
}

StatusOr<std::string> ApplyFoldConstants(ModelProto& model, const Settings&,
                                         const Workshop& workshop) {
  GraphProto& graph = *model.mutable_graph();
  const Foldable foldable = FindFoldable(graph);
  if (foldable.values.empty()) return "";
  const ModelProto part = PartOf(model, foldable);
  ASSIGN_OR_RETURN(const auto runner, workshop.load(part.SerializeAsString()));
  ASSIGN_OR_RETURN(std::vector<NamedTensor> values, runner->Run({}, foldable.values));
  size_t bytes = 0;
  for (const NamedTensor& value : values) bytes += value.tensor.data.size();
  if (bytes > part.ByteSizeLong() + kMaxGrowthBytes) return "";
  const auto nodes = std::ranges::count(foldable.nodes, true);
  const size_t constants = values.size();
  Replace(graph, foldable, std::move(values));
  RETURN_IF_ERROR(SortNodes(graph));
  return fmt::format("{} nodes became {} constants", nodes, constants);
}

}  // namespace

Pass FoldConstants() {
  return {.name = "fold-constants",
          .summary = "Computes what no input leads to, once and for all.",
          .apply = ApplyFoldConstants};
}

}  // namespace slipway::optimise
