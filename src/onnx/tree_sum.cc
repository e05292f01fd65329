#include "onnx/tree_sum.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "onnx/display.h"
#include "onnx/onnx.pb.h"
#include "onnx/skeleton.h"
#include "onnx/tree_lists.h"

namespace slipway::onnx {
namespace {

/// Parallel lists into splits and leaves.
class Reader {
 public:
  Reader(const TreeLists& lists, const std::string& node) : lists_(lists), node_(node) {}

  StatusOr<TreeSum> Read() {
    RETURN_IF_ERROR(ReadLeaves());
    RETURN_IF_ERROR(ReadSplits());
    for (size_t tree = 0; tree < lists_.roots.size(); ++tree) RETURN_IF_ERROR(ReadTree(tree));
    return std::move(sum_);
  }

 private:
  template <typename... Args>
  Status Bad(fmt::format_string<Args...> format, Args&&... args) const {
    return Error(Reason::kBadModel, "{}: {}", node_,
                 fmt::format(format, std::forward<Args>(args)...));
  }

  Status ReadLeaves() {
    const std::vector<double>& weights = lists_.weights.values;
    const size_t width = lists_.table ? lists_.table->width : 1;
    const size_t rows = lists_.table && width > 0 ? lists_.table->numbers.values.size() / width : 0;
    if (lists_.n_targets < 1 || width < 1) return Bad("it has no outputs");
    sum_.outputs = lists_.table ? width : static_cast<size_t>(lists_.n_targets);
    for (size_t leaf = 0; leaf < weights.size(); ++leaf) {
      if (!lists_.table) {
        if (lists_.targets[leaf] < 0 || lists_.targets[leaf] >= lists_.n_targets)
          return Bad("leaf {} adds to output {} of {}", leaf, lists_.targets[leaf],
                     lists_.n_targets);
        sum_.leaves.push_back({static_cast<size_t>(lists_.targets[leaf]), {weights[leaf]}});
      } else {
        if (!(weights[leaf] >= 0 && weights[leaf] < static_cast<double>(rows)))
          return Bad("leaf {} is no row of its table", leaf);
        const auto row = lists_.table->numbers.values.begin() +
                         static_cast<ptrdiff_t>(static_cast<size_t>(weights[leaf]) * width);
        sum_.leaves.push_back({0, {row, row + static_cast<ptrdiff_t>(width)}});
      }
      for (const double value : sum_.leaves.back().values)
        if (!std::isfinite(value)) return Bad("leaf {} is not finite", leaf);
    }
    return OkStatus();
  }

  Status ReadSplits() {
    auto member = lists_.members.values.begin();
    for (size_t i = 0; i < lists_.features.size(); ++i) {
      TreeSplit split{.feature = lists_.features[i], .threshold = lists_.splits.values[i]};
      const double mode = lists_.modes.values[i];
      if (!(mode >= 0 && mode <= static_cast<double>(TreeSplit::Mode::kMember)) ||
          split.feature < 0)
        return Bad("split {} asks mode {} of feature {}", i, mode, split.feature);
      split.mode = static_cast<TreeSplit::Mode>(mode);
      split.missing_is_true = !lists_.missing.empty() && lists_.missing[i] != 0;
      if (split.mode == TreeSplit::Mode::kMember) {
        const auto end = std::find_if(member, lists_.members.values.end(),
                                      [](double value) { return std::isnan(value); });
        split.members.assign(member, end);
        std::ranges::sort(split.members);
        member = end == lists_.members.values.end() ? end : end + 1;
      }
      ASSIGN_OR_RETURN(split.on_true, Child(lists_.true_ids[i], lists_.true_leaves[i] != 0));
      ASSIGN_OR_RETURN(split.on_false, Child(lists_.false_ids[i], lists_.false_leaves[i] != 0));
      sum_.features = std::max(sum_.features, static_cast<size_t>(split.feature) + 1);
      sum_.splits.push_back(std::move(split));
    }
    reached_.resize(sum_.splits.size());
    return OkStatus();
  }

  StatusOr<int32_t> Child(int64_t id, bool is_leaf) const {
    const size_t count = is_leaf ? sum_.leaves.size() : lists_.features.size();
    if (id < 0 || static_cast<size_t>(id) >= count || count > INT32_MAX)
      return Bad("there is no {} {}", is_leaf ? "leaf" : "split", id);
    return static_cast<int32_t>(is_leaf ? ~id : id);
  }

  Status ReadTree(size_t tree) {
    const bool is_leaf = !lists_.root_leaves.empty() && lists_.root_leaves[tree];
    ASSIGN_OR_RETURN(sum_.roots.emplace_back(), Child(lists_.roots[tree], is_leaf));
    std::vector<std::pair<int32_t, size_t>> open = {{sum_.roots.back(), 0}};
    while (!open.empty()) {
      const auto [child, depth] = open.back();
      open.pop_back();
      sum_.depth = std::max(sum_.depth, depth);
      if (child < 0) continue;
      if (depth >= kMaxTreeDepth)
        return Error(Reason::kUnsupported, "{}: tree {} is deeper than {}", node_, tree + 1,
                     kMaxTreeDepth);
      if (reached_[child]) return Bad("split {} is reached twice", child);
      reached_[child] = true;
      open.emplace_back(sum_.splits[child].on_true, depth + 1);
      open.emplace_back(sum_.splits[child].on_false, depth + 1);
    }
    return OkStatus();
  }

  const TreeLists& lists_;
  const std::string& node_;
  TreeSum sum_;
  std::vector<bool> reached_;
};

StatusOr<const ::onnx::NodeProto*> OnlyEnsemble(const ::onnx::GraphProto& graph) {
  const ::onnx::NodeProto* only = nullptr;
  for (const auto& node : graph.node()) {
    if (!IsOldTrees(node) && node.op_type() != "TreeEnsemble") continue;
    if (only != nullptr)
      return Error(Reason::kUnsupported, "the model has several tree ensembles: expected one");
    only = &node;
  }
  if (only == nullptr) return Error(Reason::kUnsupported, "the model has no tree ensemble");
  if (only->input_size() != 1 || only->input(0).empty())
    return Error(Reason::kBadModel, "{}: expected one input", only->op_type());
  return only;
}

/// Aggregations but sums have no Shapley values by tree.
Status CheckSums(const ::onnx::NodeProto& node, const std::string& name) {
  constexpr int64_t kSum = 1;
  for (const auto& attribute : node.attribute()) {
    if (attribute.name() != "aggregate_function") continue;
    const bool sums = IsOldTrees(node) ? attribute.s() == "SUM" || attribute.s() == "AVERAGE"
                                       : attribute.i() == kSum;
    if (!sums) return Error(Reason::kUnsupported, "{}: expected trees that are summed", name);
  }
  return OkStatus();
}

/// FP32 unless the graph says otherwise, or the ensemble compares in FP64.
int32_t ElementType(const ::onnx::GraphProto& graph, const ::onnx::NodeProto& node, bool narrow) {
  const std::string& value = node.input(0);
  for (const auto* const infos : {&graph.input(), &graph.value_info()})
    for (const auto& info : *infos)
      if (info.name() == value && info.type().tensor_type().elem_type() != 0)
        return info.type().tensor_type().elem_type();
  return IsOldTrees(node) || narrow ? ::onnx::TensorProto::FLOAT : ::onnx::TensorProto::DOUBLE;
}

/// What a node reads, the graphs in it too: they read what is around them.
void AddReads(const ::onnx::NodeProto& node, std::set<std::string>& values) {
  values.insert(node.input().begin(), node.input().end());
  for (const auto& attribute : node.attribute()) {
    for (const auto& inner : attribute.g().node()) AddReads(inner, values);
    for (const auto& output : attribute.g().output()) values.insert(output.name());
  }
}

/// Nodes that `value` does not come from are left out.
void KeepSourcesOf(const std::string& value, ::onnx::GraphProto& graph) {
  std::set<std::string> wanted = {value};
  std::vector<::onnx::NodeProto> kept;
  for (int i = graph.node_size(); i-- > 0;) {
    ::onnx::NodeProto& node = *graph.mutable_node(i);
    if (std::ranges::none_of(node.output(), [&](const auto& out) { return wanted.contains(out); }))
      continue;
    AddReads(node, wanted);
    kept.push_back(std::move(node));
  }
  graph.clear_node();
  for (auto node = kept.rbegin(); node != kept.rend(); ++node) *graph.add_node() = std::move(*node);
}

std::string FeatureModel(::onnx::ModelProto model, const std::string& features, int32_t type) {
  ::onnx::GraphProto& graph = *model.mutable_graph();
  KeepSourcesOf(features, graph);
  ::onnx::NodeProto& node = *graph.add_node();
  node.set_op_type("Identity");
  node.add_input(features);
  node.add_output(std::string(ModelTrees::kFeatures));
  graph.clear_output();
  ::onnx::ValueInfoProto& output = *graph.add_output();
  output.set_name(std::string(ModelTrees::kFeatures));
  auto& tensor = *output.mutable_type()->mutable_tensor_type();
  tensor.set_elem_type(type);
  tensor.mutable_shape()->add_dim()->set_dim_param("tree_rows");
  tensor.mutable_shape()->add_dim()->set_dim_param("tree_columns");
  return model.SerializeAsString();
}

}  // namespace

int32_t TreeSplit::Next(double value) const {
  const auto holds = [&] {
    if (std::isnan(value) && missing_is_true) return true;
    switch (mode) {
      case Mode::kLessOrEqual:
        return value <= threshold;
      case Mode::kLess:
        return value < threshold;
      case Mode::kGreaterOrEqual:
        return value >= threshold;
      case Mode::kGreater:
        return value > threshold;
      case Mode::kEqual:
        return value == threshold;
      case Mode::kNotEqual:
        return value != threshold;
      case Mode::kMember:
        return !std::isnan(value) && std::ranges::binary_search(members, value);
    }
    return false;
  };
  return holds() ? on_true : on_false;
}

StatusOr<ModelTrees> ReadModelTrees(std::span<const std::byte> model) {
  ASSIGN_OR_RETURN(::onnx::ModelProto proto, ParseModel(model));
  ASSIGN_OR_RETURN(const ::onnx::NodeProto* const node, OnlyEnsemble(proto.graph()));
  ModelTrees trees;
  trees.node = fmt::format(
      "{} \"{}\"", node->op_type(),
      Shown(node->name().empty() && node->output_size() > 0 ? node->output(0) : node->name()));
  RETURN_IF_ERROR(CheckSums(*node, trees.node));
  ASSIGN_OR_RETURN(TreeLists lists,
                   IsOldTrees(*node) ? ReadOldTrees(*node) : ReadTreeEnsemble(*node));
  if (!IsOldTrees(*node)) {
    ASSIGN_OR_RETURN(lists.table, LeafTableOf(proto.graph(), *node));
  }
  ASSIGN_OR_RETURN(trees.sum, Reader(lists, trees.node).Read());
  const int32_t type = ElementType(proto.graph(), *node, lists.splits.narrow);
  const std::string features = node->input(0);
  trees.feature_model = FeatureModel(std::move(proto), features, type);
  return trees;
}

}  // namespace slipway::onnx
