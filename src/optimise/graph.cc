#include "optimise/graph.h"

#include <algorithm>
#include <queue>
#include <utility>

#include "onnx/display.h"
#include "onnx/tensor_proto.h"

namespace slipway::optimise {
namespace {

using onnx::Shown;

/// Calls visit(nested graph) for each that lies in `node`, at any depth. Inspect bounds the depth.
void ForEachNested(const NodeProto& node, const auto& visit) {
  const auto enter = [&](const GraphProto& graph) {
    visit(graph);
    for (const NodeProto& inner : graph.node()) ForEachNested(inner, visit);
  };
  for (const AttributeProto& attribute : node.attribute()) {
    if (attribute.has_g()) enter(attribute.g());
    for (const GraphProto& graph : attribute.graphs()) enter(graph);
  }
}

/// The node's attribute of that name, which is added where there is none.
AttributeProto& Attribute(NodeProto& node, std::string_view name) {
  AttributeProto* attribute = FindAttribute(node, name);
  if (attribute == nullptr) attribute = node.add_attribute();
  attribute->set_name(std::string(name));
  return *attribute;
}

/// Drops the elements of a repeated field that `drop(index)` names; the rest keep their order.
void DropElements(auto& field, const auto& drop) {
  int kept = 0;
  for (int i = 0; i < field.size(); ++i)
    if (!drop(i)) field.SwapElements(kept++, i);
  field.DeleteSubrange(kept, field.size() - kept);
}

}  // namespace

Status CheckGraph(const GraphProto& graph) {
  StringSet made;
  for (const auto& input : graph.input()) made.insert(input.name());
  for (const TensorProto& constant : graph.initializer()) made.insert(constant.name());
  for (const auto& sparse : graph.sparse_initializer()) made.insert(sparse.values().name());
  if (made.contains(""))  // of what nodes read and make, "" is what is left out
    return Error(Reason::kBadModel, "an input or constant of the graph has no name");
  for (const NodeProto& node : graph.node()) {
    std::vector<std::string> read = CapturedBy(node);
    read.insert(read.end(), node.input().begin(), node.input().end());
    for (const std::string& value : read)
      if (!value.empty() && !made.contains(value))
        return Error(Reason::kBadModel,
                     "node \"{}\" ({}) reads \"{}\" before it is made: nodes stand after what they "
                     "read, without a cycle",
                     Shown(node.name()), Shown(node.op_type()), Shown(value));
    for (const std::string& value : node.output())
      if (!value.empty() && !made.insert(value).second)
        return Error(Reason::kBadModel, "node \"{}\" ({}) makes \"{}\", which is made already",
                     Shown(node.name()), Shown(node.op_type()), Shown(value));
  }
  for (const auto& output : graph.output())
    if (!made.contains(output.name()))
      return Error(Reason::kBadModel, "output \"{}\" is made by no node", Shown(output.name()));
  return OkStatus();
}

Status SortNodes(GraphProto& graph) {
  const Links links(graph);
  const int count = graph.node_size();
  std::vector<int> waits_for(static_cast<size_t>(count));
  std::vector<std::vector<int>> followers(static_cast<size_t>(count));
  for (int i = 0; i < count; ++i) {
    std::vector<std::string> read = CapturedBy(graph.node(i));
    read.insert(read.end(), graph.node(i).input().begin(), graph.node(i).input().end());
    for (const std::string& value : read) {
      const int maker = links.MakerOf(value);
      if (maker == Links::kNone) continue;
      ++waits_for[i];
      followers[maker].push_back(i);
    }
  }
  std::priority_queue<int, std::vector<int>, std::greater<>> ready;
  for (int i = 0; i < count; ++i)
    if (waits_for[i] == 0) ready.push(i);
  google::protobuf::RepeatedPtrField<NodeProto> sorted;
  sorted.Reserve(count);
  while (!ready.empty()) {
    const int node = ready.top();
    ready.pop();
    sorted.Add()->Swap(graph.mutable_node(node));
    for (const int follower : followers[node])
      if (--waits_for[follower] == 0) ready.push(follower);
  }
  if (sorted.size() != count) return MakeError(Reason::kInternal, "the graph has a cycle");
  graph.mutable_node()->Swap(&sorted);
  return OkStatus();
}

bool Is(const NodeProto& node, std::string_view op_type) {
  return node.op_type() == op_type && (node.domain().empty() || node.domain() == "ai.onnx");
}

const AttributeProto* FindAttribute(const NodeProto& node, std::string_view name) {
  for (const AttributeProto& attribute : node.attribute())
    if (attribute.name() == name) return &attribute;
  return nullptr;
}

AttributeProto* FindAttribute(NodeProto& node, std::string_view name) {
  return const_cast<AttributeProto*>(FindAttribute(std::as_const(node), name));
}

int64_t IntOf(const NodeProto& node, std::string_view name, int64_t otherwise) {
  const AttributeProto* const attribute = FindAttribute(node, name);
  return attribute == nullptr ? otherwise : attribute->i();
}

float FloatOf(const NodeProto& node, std::string_view name, float otherwise) {
  const AttributeProto* const attribute = FindAttribute(node, name);
  return attribute == nullptr ? otherwise : attribute->f();
}

std::vector<int64_t> IntsOf(const NodeProto& node, std::string_view name) {
  const AttributeProto* const attribute = FindAttribute(node, name);
  if (attribute == nullptr) return {};
  return {attribute->ints().begin(), attribute->ints().end()};
}

void SetInt(NodeProto& node, std::string_view name, int64_t value) {
  AttributeProto& attribute = Attribute(node, name);
  attribute.set_type(AttributeProto::INT);
  attribute.set_i(value);
}

void SetInts(NodeProto& node, std::string_view name, std::span<const int64_t> values) {
  AttributeProto& attribute = Attribute(node, name);
  attribute.set_type(AttributeProto::INTS);
  attribute.mutable_ints()->Assign(values.begin(), values.end());
}

std::string_view InputOf(const NodeProto& node, int index) {
  return index < node.input_size() ? std::string_view(node.input(index)) : std::string_view();
}

std::vector<std::string> CapturedBy(const NodeProto& node) {
  // What a nested graph makes itself may be named here too: that only keeps a value alive.
  StringSet made;
  ForEachNested(node, [&](const GraphProto& graph) {
    for (const auto& input : graph.input()) made.insert(input.name());
    for (const TensorProto& constant : graph.initializer()) made.insert(constant.name());
    for (const NodeProto& inner : graph.node())
      made.insert(inner.output().begin(), inner.output().end());
  });
  std::vector<std::string> captured;
  const auto read = [&](const std::string& value) {
    if (!value.empty() && !made.contains(value)) captured.push_back(value);
  };
  ForEachNested(node, [&](const GraphProto& graph) {
    for (const NodeProto& inner : graph.node())
      for (const std::string& value : inner.input()) read(value);
    for (const auto& output : graph.output()) read(output.name());
  });
  return captured;
}

int64_t OpsetOf(const ModelProto& model, std::string_view domain) {
  const auto plain = [](std::string_view name) { return name == "ai.onnx" ? "" : name; };
  for (const auto& opset : model.opset_import())
    if (plain(opset.domain()) == plain(domain)) return opset.version();
  return 0;
}

Links::Links(const GraphProto& graph) {
  for (int i = 0; i < graph.node_size(); ++i) {
    const NodeProto& node = graph.node(i);
    for (const std::string& value : node.output())
      if (!value.empty()) values_[value].maker = i;
    for (const std::string& value : node.input())
      if (!value.empty()) values_[value].readers.push_back(i);
    for (const std::string& value : CapturedBy(node)) values_[value].pinned = true;
  }
  for (const auto& output : graph.output()) values_[output.name()].pinned = true;
}

int Links::MakerOf(std::string_view value) const {
  const auto found = values_.find(value);
  return found == values_.end() ? kNone : found->second.maker;
}

std::span<const int> Links::ReadersOf(std::string_view value) const {
  const auto found = values_.find(value);
  return found == values_.end() ? std::span<const int>() : found->second.readers;
}

bool Links::IsPinned(std::string_view value) const {
  const auto found = values_.find(value);
  return found != values_.end() && found->second.pinned;
}

int Links::OnlyReaderOf(std::string_view value) const {
  const auto readers = ReadersOf(value);
  return readers.size() == 1 && !IsPinned(value) ? readers.front() : kNone;
}

Constants::Constants(GraphProto& graph) : graph_(graph) {
  for (int i = 0; i < graph.initializer_size(); ++i) places_[graph.initializer(i).name()] = i;
  const auto take = [&](const std::string& name) { taken_[name]; };
  for (const auto& input : graph.input()) take(input.name()), places_.erase(input.name());
  for (const TensorProto& constant : graph.initializer()) take(constant.name());
  for (const auto& sparse : graph.sparse_initializer()) take(sparse.values().name());
  for (const NodeProto& node : graph.node()) {
    for (const std::string& value : node.output()) take(value);
    ForEachNested(node, [&](const GraphProto& nested) {
      for (const auto& input : nested.input()) take(input.name());
      for (const TensorProto& constant : nested.initializer()) take(constant.name());
      for (const NodeProto& inner : nested.node())
        for (const std::string& value : inner.output()) take(value);
    });
  }
}

const TensorProto* Constants::Find(std::string_view value) const {
  const auto found = places_.find(value);
  return found == places_.end() ? nullptr : &graph_.initializer(found->second);
}

bool Constants::IsFloat(std::string_view value) const {
  const TensorProto* const tensor = Find(value);
  return tensor != nullptr && tensor->data_type() == TensorProto::FLOAT;
}

namespace {

template <typename T>
std::vector<T> ValuesOf(const TensorProto* proto) {
  if (proto == nullptr) return {};
  const auto tensor = onnx::ToTensor(*proto);
  if (!tensor.ok() || tensor->dtype != onnx::DTypeFor<T>()) return {};
  return {tensor->template as<T>().begin(), tensor->template as<T>().end()};
}

}  // namespace

std::vector<float> Constants::Floats(std::string_view value) const {
  return ValuesOf<float>(Find(value));
}

std::vector<int64_t> Constants::Ints(std::string_view value) const {
  return ValuesOf<int64_t>(Find(value));
}

std::string Constants::NewName(std::string_view wish) {
  if (wish.empty()) wish = "value";  // "" is what is left out
  for (std::string name(wish);;) {
    if (taken_.try_emplace(name).second) return name;
    name = fmt::format("{}_{}", wish, ++taken_[wish]);
  }
}

std::string Constants::Add(std::string_view wish, const Tensor& tensor) {
  std::string name = NewName(wish);
  places_[name] = graph_.initializer_size();
  *graph_.add_initializer() = onnx::ToProto(name, tensor);
  return name;
}

void MakeOnlyOutput(GraphProto& graph, const std::string& value, int32_t data_type) {
  graph.clear_output();
  ::onnx::ValueInfoProto& output = *graph.add_output();
  output.set_name(value);
  output.mutable_type()->mutable_tensor_type()->set_elem_type(data_type);
  DropDead(graph);
}

void DropNodes(GraphProto& graph, const std::vector<bool>& drop) {
  DropElements(*graph.mutable_node(), [&](int i) { return drop[static_cast<size_t>(i)]; });
}

void Substitution::Apply(NodeProto& node) const {
  for (std::string& value : *node.mutable_input())
    if (const auto found = map_.find(value); found != map_.end()) value = found->second;
}

}  // namespace slipway::optimise
