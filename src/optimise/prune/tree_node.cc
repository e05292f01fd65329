#include "optimise/prune/tree_node.h"

#include <algorithm>

#include "onnx/tensor_proto.h"

namespace slipway::optimise {
namespace {

constexpr uint8_t kMember = 6;  // of nodes_modes: membership_values hold a list for each such node

std::vector<int64_t> NumbersOf(const std::vector<bool>& kept) {
  std::vector<int64_t> numbers(kept.size(), -1);
  int64_t next = 0;
  for (size_t i = 0; i < kept.size(); ++i)
    if (kept[i]) numbers[i] = next++;
  return numbers;
}

void SetElements(AttributeProto& attribute, DType dtype, std::string bytes) {
  const auto count = static_cast<int64_t>(bytes.size() / ElementSize(dtype));
  const std::string name = attribute.t().name();
  *attribute.mutable_t() = onnx::ToProto(name, {dtype, {count}, Buffer::Own(std::move(bytes))});
}

}  // namespace

std::string BytesAt(const Tensor& tensor, size_t i) {
  const size_t size = ElementSize(tensor.dtype);
  return {reinterpret_cast<const char*>(tensor.data.data()) + i * size, size};
}

void KeepElements(AttributeProto& attribute, const std::vector<bool>& kept) {
  const auto keep = [&](auto& values) {
    if (static_cast<size_t>(values.size()) != kept.size()) return;
    int place = 0;
    for (size_t i = 0; i < kept.size(); ++i)
      if (kept[i]) values.SwapElements(place++, static_cast<int>(i));
    while (values.size() > place) values.RemoveLast();
  };
  keep(*attribute.mutable_ints());
  keep(*attribute.mutable_floats());
  keep(*attribute.mutable_strings());
  if (!attribute.has_t()) return;
  const auto tensor = onnx::ToTensor(attribute.t());
  if (!tensor.ok() || tensor->dtype == DType::kBytes ||
      tensor->data.size() != kept.size() * ElementSize(tensor->dtype))
    return;
  std::string bytes;
  for (size_t i = 0; i < kept.size(); ++i)
    if (kept[i]) bytes += BytesAt(*tensor, i);
  SetElements(attribute, tensor->dtype, std::move(bytes));
}

std::optional<TreeNode> TreeNode::Read(const NodeProto& node) {
  if (node.op_type() != "TreeEnsemble" || node.domain() != kMlDomain) return std::nullopt;
  TreeNode trees;
  const AttributeProto* const weights = FindAttribute(node, "leaf_weights");
  const AttributeProto* const modes = FindAttribute(node, "nodes_modes");
  if (weights == nullptr || modes == nullptr) return std::nullopt;
  const auto weight_values = onnx::ToTensor(weights->t()), mode_values = onnx::ToTensor(modes->t());
  if (!weight_values.ok() || !mode_values.ok() || mode_values->dtype != DType::kUint8)
    return std::nullopt;
  trees.weights = *weight_values;
  trees.modes = {mode_values->as<uint8_t>().begin(), mode_values->as<uint8_t>().end()};
  for (int side = 0; side < 2; ++side) {
    trees.children[side] = IntsOf(node, side == 0 ? "nodes_truenodeids" : "nodes_falsenodeids");
    trees.is_leaf[side] = IntsOf(node, side == 0 ? "nodes_trueleafs" : "nodes_falseleafs");
  }
  trees.targets = IntsOf(node, "leaf_targetids");
  trees.roots = IntsOf(node, "tree_roots");
  if (!trees.Fits()) return std::nullopt;
  return trees;
}

void TreeNode::Write(NodeProto& node) const {
  std::vector<bool> splits(modes.size()), leaves(targets.size());
  for (const int64_t root : roots) splits[static_cast<size_t>(root)] = true;
  MarkReached(splits, leaves);
  const std::vector<int64_t> new_split = NumbersOf(splits), new_leaf = NumbersOf(leaves);
  for (AttributeProto& attribute : *node.mutable_attribute()) {
    const std::string& name = attribute.name();
    if (name == "membership_values")
      KeepMembers(attribute, splits);
    else if (name.starts_with("nodes_"))
      KeepElements(attribute, splits);
    else if (name.starts_with("leaf_"))
      KeepElements(attribute, leaves);
  }
  for (int side = 0; side < 2; ++side) {
    std::vector<int64_t> new_children, kinds;
    for (size_t i = 0; i < splits.size(); ++i) {
      if (!splits[i]) continue;
      const auto child = static_cast<size_t>(children[side][i]);
      new_children.push_back(is_leaf[side][i] != 0 ? new_leaf[child] : new_split[child]);
      kinds.push_back(is_leaf[side][i]);
    }
    SetInts(node, side == 0 ? "nodes_truenodeids" : "nodes_falsenodeids", new_children);
    SetInts(node, side == 0 ? "nodes_trueleafs" : "nodes_falseleafs", kinds);
  }
  std::vector<int64_t> new_roots;
  for (const int64_t root : roots) new_roots.push_back(new_split[static_cast<size_t>(root)]);
  SetInts(node, "tree_roots", new_roots);
}

std::optional<std::vector<std::vector<size_t>>> TreeNode::LeavesOfTrees() const {
  std::vector<std::vector<size_t>> leaves(roots.size());
  std::vector<bool> seen(modes.size());
  std::vector<size_t> owners(targets.size(), roots.size());
  for (size_t tree = 0; tree < roots.size(); ++tree) {
    std::vector<int64_t> work = {roots[tree]};
    while (!work.empty()) {
      const auto split = static_cast<size_t>(work.back());
      work.pop_back();
      if (seen[split]) return std::nullopt;
      seen[split] = true;
      for (int side = 0; side < 2; ++side) {
        const int64_t child = children[side][split];
        if (is_leaf[side][split] == 0) {
          work.push_back(child);
          continue;
        }
        size_t& owner = owners[static_cast<size_t>(child)];
        if (owner != tree && owner != roots.size()) return std::nullopt;
        if (owner != tree) leaves[tree].push_back(static_cast<size_t>(child));
        owner = tree;
      }
    }
  }
  return leaves;
}

bool TreeNode::Fits() const {
  const size_t splits = modes.size(), leaves = targets.size();
  if (weights.data.size() != leaves * ElementSize(weights.dtype)) return false;
  const auto inside = [](int64_t place, size_t count) {
    return place >= 0 && static_cast<size_t>(place) < count;
  };
  for (int side = 0; side < 2; ++side) {
    if (children[side].size() != splits || is_leaf[side].size() != splits) return false;
    for (size_t i = 0; i < splits; ++i)
      if (!inside(children[side][i], is_leaf[side][i] != 0 ? leaves : splits)) return false;
  }
  return std::ranges::all_of(roots, [&](int64_t root) { return inside(root, splits); });
}

void TreeNode::MarkReached(std::vector<bool>& splits, std::vector<bool>& leaves) const {
  std::vector<int64_t> work = roots;
  while (!work.empty()) {
    const auto split = static_cast<size_t>(work.back());
    work.pop_back();
    for (int side = 0; side < 2; ++side) {
      const auto child = static_cast<size_t>(children[side][split]);
      if (is_leaf[side][split] != 0) {
        leaves[child] = true;
      } else if (!splits[child]) {
        splits[child] = true;
        work.push_back(children[side][split]);
      }
    }
  }
}

/// Lists end with NaN; one for each node of set membership, in the order of nodes.
void TreeNode::KeepMembers(AttributeProto& attribute, const std::vector<bool>& kept) const {
  const auto tensor = onnx::ToTensor(attribute.t());
  if (!tensor.ok() || (tensor->dtype != DType::kFp32 && tensor->dtype != DType::kFp64)) return;
  const auto is_end = [&](size_t i) {
    if (tensor->dtype == DType::kFp64) return tensor->as<double>()[i] != tensor->as<double>()[i];
    return tensor->as<float>()[i] != tensor->as<float>()[i];
  };
  const size_t count = tensor->data.size() / ElementSize(tensor->dtype);
  std::string bytes;
  size_t at = 0;
  for (size_t node = 0; node < modes.size(); ++node) {
    if (modes[node] != kMember) continue;
    for (bool more = true; more && at < count; ++at) {
      if (kept[node]) bytes += BytesAt(*tensor, at);
      more = !is_end(at);
    }
  }
  SetElements(attribute, tensor->dtype, std::move(bytes));
}

}  // namespace slipway::optimise
