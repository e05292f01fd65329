// Splits of trees that lead to the same answer on both sides go.

#include <algorithm>

#include "onnx/tensor_proto.h"
#include "optimise/graph.h"
#include "optimise/passes.h"

namespace slipway::optimise {
namespace {

constexpr std::string_view kMlDomain = "ai.onnx.ml";
constexpr int64_t kMember = 6;  // of nodes_modes: membership_values hold a list for each such node

/// The element of an attribute of a TreeEnsemble as bytes: what is equal there answers the same.
std::string BytesAt(const Tensor& tensor, size_t i) {
  const size_t size = ElementSize(tensor.dtype);
  return {reinterpret_cast<const char*>(tensor.data.data()) + i * size, size};
}

/// A TreeEnsemble of ai.onnx.ml 5. Source: ONNX operator documents, ai.onnx.ml TreeEnsemble.
class Trees {
 public:
  /// nullopt for other nodes, and when attributes do not fit together.
  static std::optional<Trees> Read(const NodeProto& node) {
    if (node.op_type() != "TreeEnsemble" || node.domain() != kMlDomain) return std::nullopt;
    Trees trees;
    const AttributeProto* const weights = FindAttribute(node, "leaf_weights");
    const AttributeProto* const modes = FindAttribute(node, "nodes_modes");
    if (weights == nullptr || modes == nullptr) return std::nullopt;
    const auto weight_values = onnx::ToTensor(weights->t()),
               mode_values = onnx::ToTensor(modes->t());
    if (!weight_values.ok() || !mode_values.ok() || mode_values->dtype != DType::kUint8)
      return std::nullopt;
    trees.weights_ = *weight_values;
    trees.modes_ = {mode_values->as<uint8_t>().begin(), mode_values->as<uint8_t>().end()};
    for (int side = 0; side < 2; ++side) {
      trees.children_[side] = IntsOf(node, side == 0 ? "nodes_truenodeids" : "nodes_falsenodeids");
      trees.is_leaf_[side] = IntsOf(node, side == 0 ? "nodes_trueleafs" : "nodes_falseleafs");
    }
    trees.targets_ = IntsOf(node, "leaf_targetids");
    trees.roots_ = IntsOf(node, "tree_roots");
    if (!trees.Fits()) return std::nullopt;
    return trees;
  }

  /// Splits whose sides are equal leaves become such a leaf, from the leaves up; roots stay.
  /// @return how many went; -1 when a node is reached twice.
  int Merge() {
    std::vector<std::pair<int64_t, bool>> work;  // a node, and whether its children are done
    std::vector<bool> seen(modes_.size());
    for (const int64_t root : roots_) work.emplace_back(root, false);
    int merged = 0;
    while (!work.empty()) {
      const auto [node, children_done] = work.back();
      work.pop_back();
      const auto place = static_cast<size_t>(node);
      if (!children_done) {
        if (seen[place]) return -1;
        seen[place] = true;
        work.emplace_back(node, true);
        for (int side = 0; side < 2; ++side)
          if (is_leaf_[side][place] == 0) work.emplace_back(children_[side][place], false);
      } else {
        for (int side = 0; side < 2; ++side) merged += TakeUp(place, side);
      }
    }
    return merged;
  }

  void Write(NodeProto& node) const {
    std::vector<bool> nodes(modes_.size()), leaves(targets_.size());
    for (const int64_t root : roots_) nodes[static_cast<size_t>(root)] = true;
    MarkReached(nodes, leaves);
    const std::vector<int64_t> new_node = NumbersOf(nodes), new_leaf = NumbersOf(leaves);
    for (AttributeProto& attribute : *node.mutable_attribute()) {
      const std::string& name = attribute.name();
      if (name == "membership_values")
        KeepMembers(attribute, nodes);
      else if (name.starts_with("nodes_"))
        Keep(attribute, nodes);
      else if (name.starts_with("leaf_"))
        Keep(attribute, leaves);
    }
    for (int side = 0; side < 2; ++side) {
      std::vector<int64_t> children, kinds;
      for (size_t i = 0; i < nodes.size(); ++i) {
        if (!nodes[i]) continue;
        const auto child = static_cast<size_t>(children_[side][i]);
        children.push_back(is_leaf_[side][i] != 0 ? new_leaf[child] : new_node[child]);
        kinds.push_back(is_leaf_[side][i]);
      }
      SetInts(node, side == 0 ? "nodes_truenodeids" : "nodes_falsenodeids", children);
      SetInts(node, side == 0 ? "nodes_trueleafs" : "nodes_falseleafs", kinds);
    }
    std::vector<int64_t> roots;
    for (const int64_t root : roots_) roots.push_back(new_node[static_cast<size_t>(root)]);
    SetInts(node, "tree_roots", roots);
  }

 private:
  bool Fits() const {
    const size_t nodes = modes_.size(), leaves = targets_.size();
    if (weights_.data.size() != leaves * ElementSize(weights_.dtype)) return false;
    const auto inside = [](int64_t place, size_t count) {
      return place >= 0 && static_cast<size_t>(place) < count;
    };
    for (int side = 0; side < 2; ++side) {
      if (children_[side].size() != nodes || is_leaf_[side].size() != nodes) return false;
      for (size_t i = 0; i < nodes; ++i)
        if (!inside(children_[side][i], is_leaf_[side][i] != 0 ? leaves : nodes)) return false;
    }
    return std::ranges::all_of(roots_, [&](int64_t root) { return inside(root, nodes); });
  }

  /// A child whose sides are equal leaves is replaced by one of them.
  int TakeUp(size_t place, int side) {
    if (is_leaf_[side][place] != 0) return 0;
    const auto child = static_cast<size_t>(children_[side][place]);
    if (is_leaf_[0][child] == 0 || is_leaf_[1][child] == 0) return 0;
    const auto a = static_cast<size_t>(children_[0][child]),
               b = static_cast<size_t>(children_[1][child]);
    if (targets_[a] != targets_[b] || BytesAt(weights_, a) != BytesAt(weights_, b)) return 0;
    is_leaf_[side][place] = 1;
    children_[side][place] = static_cast<int64_t>(a);
    return 1;
  }

  void MarkReached(std::vector<bool>& nodes, std::vector<bool>& leaves) const {
    std::vector<int64_t> work = roots_;
    while (!work.empty()) {
      const auto place = static_cast<size_t>(work.back());
      work.pop_back();
      for (int side = 0; side < 2; ++side) {
        const auto child = static_cast<size_t>(children_[side][place]);
        if (is_leaf_[side][place] != 0) {
          leaves[child] = true;
        } else if (!nodes[child]) {
          nodes[child] = true;
          work.push_back(children_[side][place]);
        }
      }
    }
  }

  static std::vector<int64_t> NumbersOf(const std::vector<bool>& kept) {
    std::vector<int64_t> numbers(kept.size(), -1);
    int64_t next = 0;
    for (size_t i = 0; i < kept.size(); ++i)
      if (kept[i]) numbers[i] = next++;
    return numbers;
  }

  /// The elements of an attribute with one for each node or leaf.
  static void Keep(AttributeProto& attribute, const std::vector<bool>& kept) {
    if (attribute.type() == AttributeProto::INTS &&
        static_cast<size_t>(attribute.ints_size()) == kept.size()) {
      std::vector<int64_t> values;
      for (size_t i = 0; i < kept.size(); ++i)
        if (kept[i]) values.push_back(attribute.ints(static_cast<int>(i)));
      attribute.mutable_ints()->Assign(values.begin(), values.end());
    }
    const auto tensor = onnx::ToTensor(attribute.t());
    if (attribute.type() != AttributeProto::TENSOR || !tensor.ok() ||
        tensor->dtype == DType::kBytes ||
        tensor->data.size() != kept.size() * ElementSize(tensor->dtype))
      return;
    std::string bytes;
    for (size_t i = 0; i < kept.size(); ++i)
      if (kept[i]) bytes += BytesAt(*tensor, i);
    const auto count = static_cast<int64_t>(bytes.size() / ElementSize(tensor->dtype));
    const std::string name = attribute.t().name();
    *attribute.mutable_t() =
        onnx::ToProto(name, {tensor->dtype, {count}, Buffer::Own(std::move(bytes))});
  }

  /// Lists end with NaN; one for each node of set membership, in the order of nodes.
  void KeepMembers(AttributeProto& attribute, const std::vector<bool>& kept) const {
    const auto tensor = onnx::ToTensor(attribute.t());
    if (!tensor.ok() || (tensor->dtype != DType::kFp32 && tensor->dtype != DType::kFp64)) return;
    const auto is_end = [&](size_t i) {
      if (tensor->dtype == DType::kFp64) return tensor->as<double>()[i] != tensor->as<double>()[i];
      return tensor->as<float>()[i] != tensor->as<float>()[i];
    };
    const size_t count = tensor->data.size() / ElementSize(tensor->dtype);
    std::string bytes;
    size_t at = 0;
    for (size_t node = 0; node < modes_.size(); ++node) {
      if (modes_[node] != kMember) continue;
      for (bool more = true; more && at < count; ++at) {
        if (kept[node]) bytes += BytesAt(*tensor, at);
        more = !is_end(at);
      }
    }
    const auto left = static_cast<int64_t>(bytes.size() / ElementSize(tensor->dtype));
    const std::string name = attribute.t().name();
    *attribute.mutable_t() =
        onnx::ToProto(name, {tensor->dtype, {left}, Buffer::Own(std::move(bytes))});
  }

  std::vector<uint8_t> modes_;
  std::vector<int64_t> children_[2], is_leaf_[2];  // on true, on false
  std::vector<int64_t> targets_, roots_;
  Tensor weights_;
};

StatusOr<std::string> Apply(ModelProto& model, const Settings&, const Workshop&) {
  int merged = 0;
  for (NodeProto& node : *model.mutable_graph()->mutable_node()) {
    std::optional<Trees> trees = Trees::Read(node);
    if (!trees) continue;
    const int here = trees->Merge();
    if (here <= 0) continue;
    trees->Write(node);
    merged += here;
  }
  if (merged == 0) return "";
  return fmt::format("{} splits had the same answer on both sides", merged);
}

}  // namespace

Pass MergeLeaves() {
  return {.name = "merge-leaves",
          .summary = "Splits of trees that lead to the same answer on both sides go.",
          .apply = Apply};
}

}  // namespace slipway::optimise
