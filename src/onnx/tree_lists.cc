#include "onnx/tree_lists.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <type_traits>
#include <utility>

#include "onnx/display.h"
#include "onnx/tensor_proto.h"

namespace slipway::onnx {
namespace {

std::vector<int64_t>* IntsOf(TreeLists& lists, std::string_view name) {
  if (name == "tree_roots") return &lists.roots;
  if (name == "nodes_featureids") return &lists.features;
  if (name == "nodes_truenodeids") return &lists.true_ids;
  if (name == "nodes_trueleafs") return &lists.true_leaves;
  if (name == "nodes_falsenodeids") return &lists.false_ids;
  if (name == "nodes_falseleafs") return &lists.false_leaves;
  if (name == "leaf_targetids") return &lists.targets;
  if (name == "nodes_missing_value_tracks_true") return &lists.missing;
  return nullptr;
}

Numbers* NumbersNamed(TreeLists& lists, std::string_view name) {
  if (name == "nodes_modes") return &lists.modes;
  if (name == "nodes_splits") return &lists.splits;
  if (name == "leaf_weights") return &lists.weights;
  if (name == "membership_values") return &lists.members;
  return nullptr;
}

/// The attributes of the older operators: nodes by tree and number, leaves among them.
class OldTrees {
 public:
  explicit OldTrees(const ::onnx::NodeProto& node)
      : node_(node), prefix_(node.op_type() == "TreeEnsembleClassifier" ? "class" : "target") {}

  StatusOr<TreeLists> Read() {
    RETURN_IF_ERROR(ReadNodes());
    RETURN_IF_ERROR(ReadLeaves());
    for (size_t i = 0; i < trees_.size(); ++i) {
      if (!IsLeaf(i)) RETURN_IF_ERROR(AddSplit(i));
    }
    RETURN_IF_ERROR(AddRoots());
    ASSIGN_OR_RETURN(lists_.after, After());
    return std::move(lists_);
  }

 private:
  using Place = std::pair<int64_t, int64_t>;  // tree, node

  const ::onnx::AttributeProto* Find(const std::string& name) const {
    for (const auto& attribute : node_.attribute())
      if (attribute.name() == name) return &attribute;
    return nullptr;
  }
  std::vector<int64_t> Ints(const std::string& name) const {
    const auto* found = Find(name);
    if (found == nullptr) return {};
    return {found->ints().begin(), found->ints().end()};
  }
  std::vector<std::string> Texts(const std::string& name) const {
    const auto* found = Find(name);
    if (found == nullptr) return {};
    return {found->strings().begin(), found->strings().end()};
  }
  /// A list of FP32, or a tensor beside it.
  StatusOr<Numbers> Values(const std::string& name) const {
    if (const auto* tensor = Find(name + "_as_tensor")) return NumbersOf(tensor->t());
    const auto* found = Find(name);
    if (found == nullptr) return Numbers{{}, true};
    return Numbers{{found->floats().begin(), found->floats().end()}, true};
  }
  Status Bad(std::string_view what) const {
    return Error(Reason::kBadModel, "{}: {}", node_.op_type(), what);
  }
  bool IsLeaf(size_t i) const { return modes_[i] == "LEAF"; }

  Status ReadNodes() {
    trees_ = Ints("nodes_treeids");
    numbers_ = Ints("nodes_nodeids");
    features_ = Ints("nodes_featureids");
    modes_ = Texts("nodes_modes");
    ASSIGN_OR_RETURN(thresholds_, Values("nodes_values"));
    on_true_ = Ints("nodes_truenodeids");
    on_false_ = Ints("nodes_falsenodeids");
    missing_ = Ints("nodes_missing_value_tracks_true");
    const size_t n = trees_.size();
    if (numbers_.size() != n || features_.size() != n || modes_.size() != n ||
        thresholds_.values.size() != n || on_true_.size() != n || on_false_.size() != n ||
        (!missing_.empty() && missing_.size() != n))
      return Bad("its lists of nodes differ in length");
    lists_.splits.narrow = thresholds_.narrow;
    ids_.resize(n);
    int64_t splits = 0, leaves = 0;
    for (size_t i = 0; i < n; ++i) {
      ids_[i] = IsLeaf(i) ? leaves++ : splits++;
      if (!places_.try_emplace({trees_[i], numbers_[i]}, i).second)
        return Bad(fmt::format("tree {} has two nodes {}", trees_[i], numbers_[i]));
    }
    adds_.resize(static_cast<size_t>(leaves));
    below_.resize(n);
    return OkStatus();
  }

  /// What each leaf adds, and to which target.
  Status ReadLeaves() {
    const std::vector<int64_t> trees = Ints(prefix_ + "_treeids");
    const std::vector<int64_t> numbers = Ints(prefix_ + "_nodeids");
    const std::vector<int64_t> targets = Ints(prefix_ + "_ids");
    ASSIGN_OR_RETURN(const Numbers weights, Values(prefix_ + "_weights"));
    const size_t n = weights.values.size();
    if (trees.size() != n || numbers.size() != n || targets.size() != n)
      return Bad("its lists of leaves differ in length");
    ReadTargets(targets);
    bool several = false;
    for (size_t i = 0; i < n; ++i) {
      const auto place = places_.find({trees[i], numbers[i]});
      if (place == places_.end() || !IsLeaf(place->second) || targets[i] < 0 ||
          targets[i] >= lists_.n_targets)
        return Bad(fmt::format("leaf {} of tree {} adds to {} of {}", numbers[i], trees[i],
                               targets[i], lists_.n_targets));
      auto& adds = adds_[static_cast<size_t>(ids_[place->second])];
      adds.emplace_back(targets[i], weights.values[i]);
      several = several || adds.size() > 1;
    }
    lists_.weights.narrow = weights.narrow;
    return several ? AddTable(weights.narrow) : AddWeights();
  }

  /// A classifier of two labels whose leaves all add to one score has that one.
  void ReadTargets(const std::vector<int64_t>& targets) {
    if (prefix_ == "target") {
      const auto* count = Find("n_targets");
      lists_.n_targets = count == nullptr ? 1 : count->i();
      return;
    }
    lists_.classes = Texts("classlabels_strings");
    for (const int64_t label : Ints("classlabels_int64s"))
      lists_.classes.push_back(fmt::format("{}", label));
    lists_.n_targets = static_cast<int64_t>(lists_.classes.size());
    const bool one_score = lists_.n_targets == 2 &&
                           std::ranges::all_of(targets, [](int64_t target) { return target == 0; });
    if (one_score) lists_.n_targets = 1;
  }

  Status AddWeights() {
    for (const auto& adds : adds_) {
      lists_.targets.push_back(adds.empty() ? 0 : adds.front().first);
      lists_.weights.values.push_back(adds.empty() ? 0 : adds.front().second);
    }
    return OkStatus();
  }

  Status AddTable(bool narrow) {
    constexpr size_t kMaxElements = size_t{1} << 28;
    const auto width = static_cast<size_t>(lists_.n_targets);
    if (width > kMaxElements / std::max<size_t>(1, adds_.size()))
      return Bad(fmt::format("{} leaves of {} targets are too many", adds_.size(), width));
    LeafTable table{{std::vector<double>(adds_.size() * width), narrow}, width};
    for (size_t leaf = 0; leaf < adds_.size(); ++leaf) {
      for (const auto& [target, weight] : adds_[leaf])
        table.numbers.values[leaf * width + static_cast<size_t>(target)] += weight;
      lists_.targets.push_back(0);
      lists_.weights.values.push_back(static_cast<double>(leaf));
    }
    lists_.table = std::move(table);
    return OkStatus();
  }

  Status AddSplit(size_t i) {
    constexpr std::string_view kModes[] = {"BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE",
                                           "BRANCH_GT",  "BRANCH_EQ", "BRANCH_NEQ"};
    const auto* const mode = std::ranges::find(kModes, modes_[i]);
    if (mode == std::end(kModes)) return Bad(fmt::format("mode \"{}\"", Shown(modes_[i])));
    lists_.modes.values.push_back(static_cast<double>(mode - std::begin(kModes)));
    lists_.features.push_back(features_[i]);
    lists_.splits.values.push_back(thresholds_.values[i]);
    if (!missing_.empty()) lists_.missing.push_back(missing_[i]);
    RETURN_IF_ERROR(AddChild(i, on_true_[i], lists_.true_ids, lists_.true_leaves));
    return AddChild(i, on_false_[i], lists_.false_ids, lists_.false_leaves);
  }

  Status AddChild(size_t parent, int64_t number, std::vector<int64_t>& ids,
                  std::vector<int64_t>& leaves) {
    const auto place = places_.find({trees_[parent], number});
    if (place == places_.end())
      return Bad(fmt::format("tree {} has no node {}", trees_[parent], number));
    below_[place->second] = true;
    ids.push_back(ids_[place->second]);
    leaves.push_back(IsLeaf(place->second) ? 1 : 0);
    return OkStatus();
  }

  /// The root of a tree is the node that is below no other.
  Status AddRoots() {
    std::map<int64_t, size_t> roots;
    for (size_t i = 0; i < trees_.size(); ++i)
      if (!below_[i] && !roots.try_emplace(trees_[i], i).second)
        return Bad(fmt::format("tree {} has two roots", trees_[i]));
    for (const auto& [tree, root] : roots) {
      lists_.roots.push_back(ids_[root]);
      lists_.root_leaves.push_back(IsLeaf(root));
    }
    return OkStatus();
  }

  StatusOr<std::string> After() const {
    std::vector<std::string> steps;
    const auto* aggregate = Find("aggregate_function");
    if (aggregate != nullptr && aggregate->s() == "AVERAGE")
      steps.push_back(fmt::format("divided by {}", lists_.roots.size()));
    else if (aggregate != nullptr && aggregate->s() != "SUM")
      return Bad(fmt::format("aggregate_function {}: only sums and averages can be told",
                             Shown(aggregate->s())));
    ASSIGN_OR_RETURN(const Numbers base, Values("base_values"));
    std::string values;
    for (const double value : base.values)
      values += (values.empty() ? "" : ", ") + base.Text(value);
    if (!values.empty()) steps.push_back("plus " + values);
    const auto* transform = Find("post_transform");
    if (transform != nullptr && transform->s() != "NONE")
      steps.push_back("given to " + Shown(transform->s()));
    if (steps.empty()) return std::string();
    return fmt::format("the sum of the trees is {}\n", fmt::join(steps, ", then "));
  }

  const ::onnx::NodeProto& node_;
  const std::string prefix_;
  TreeLists lists_;
  std::vector<int64_t> trees_, numbers_, features_, on_true_, on_false_, missing_;
  std::vector<std::string> modes_;
  Numbers thresholds_;
  std::vector<int64_t> ids_;  // of nodes: among the splits, or among the leaves
  std::vector<bool> below_;   // of nodes: below another
  std::map<Place, size_t> places_;
  std::vector<std::vector<std::pair<int64_t, double>>> adds_;  // by leaf
};

const ::onnx::NodeProto* ReaderOf(const ::onnx::GraphProto& graph, const std::string& value,
                                  std::string_view op, int input) {
  for (const auto& node : graph.node())
    if (node.op_type() == op && node.input_size() > input && node.input(input) == value)
      return &node;
  return nullptr;
}

}  // namespace

std::string Numbers::Text(double value) const {
  return narrow ? fmt::format("{}", static_cast<float>(value)) : fmt::format("{}", value);
}

StatusOr<Numbers> NumbersOf(const ::onnx::TensorProto& proto) {
  ASSIGN_OR_RETURN(const Tensor tensor, ToTensor(proto));
  const auto all = [](const auto& values) {
    return Numbers{{values.begin(), values.end()},
                   std::is_same_v<decltype(values), const std::span<const float>&>};
  };
  switch (tensor.dtype) {
    case DType::kFp64:
      return all(tensor.as<double>());
    case DType::kFp32:
      return all(tensor.as<float>());
    case DType::kUint8:
      return all(tensor.as<uint8_t>());
    default:
      return Error(Reason::kUnsupported, "TreeEnsemble: expected numbers in FP32 or FP64, got {}",
                   NameOf(tensor.dtype));
  }
}

StatusOr<TreeLists> ReadTreeEnsemble(const ::onnx::NodeProto& node) {
  TreeLists lists;
  for (const auto& attribute : node.attribute()) {
    if (attribute.name() == "n_targets") {
      lists.n_targets = attribute.i();
    } else if (std::vector<int64_t>* ints = IntsOf(lists, attribute.name())) {
      ints->assign(attribute.ints().begin(), attribute.ints().end());
    } else if (Numbers* numbers = NumbersNamed(lists, attribute.name())) {
      ASSIGN_OR_RETURN(*numbers, NumbersOf(attribute.t()));
    }
  }
  const size_t n = lists.features.size();
  const bool even = lists.modes.values.size() == n && lists.splits.values.size() == n &&
                    lists.true_ids.size() == n && lists.true_leaves.size() == n &&
                    lists.false_ids.size() == n && lists.false_leaves.size() == n &&
                    lists.targets.size() == lists.weights.values.size() &&
                    (lists.missing.empty() || lists.missing.size() == n);
  if (!even) return Error(Reason::kBadModel, "TreeEnsemble: its lists differ in length");
  return lists;
}

StatusOr<std::optional<LeafTable>> LeafTableOf(const ::onnx::GraphProto& graph,
                                               const ::onnx::NodeProto& ensemble) {
  if (ensemble.output_size() == 0) return std::nullopt;
  const auto* cast = ReaderOf(graph, ensemble.output(0), "Cast", 0);
  if (cast == nullptr || cast->output_size() == 0) return std::nullopt;
  const auto* gather = ReaderOf(graph, cast->output(0), "Gather", 1);
  if (gather == nullptr) return std::nullopt;
  for (const auto& tensor : graph.initializer()) {
    if (tensor.name() != gather->input(0) || tensor.dims_size() != 2) continue;
    LeafTable table;
    ASSIGN_OR_RETURN(table.numbers, NumbersOf(tensor));
    table.width = static_cast<size_t>(tensor.dims(1));
    return table;
  }
  return std::nullopt;
}

bool IsOldTrees(const ::onnx::NodeProto& node) {
  return node.op_type() == "TreeEnsembleClassifier" || node.op_type() == "TreeEnsembleRegressor";
}

StatusOr<TreeLists> ReadOldTrees(const ::onnx::NodeProto& node) { return OldTrees(node).Read(); }

}  // namespace slipway::onnx
