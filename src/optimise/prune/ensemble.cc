#include "optimise/prune/ensemble.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "onnx/tensor_proto.h"
#include "optimise/prune/tree_node.h"

namespace slipway::optimise {
namespace {

constexpr int64_t kMostTargets = 1 << 20;
constexpr const char* kApart = "answers_of_trees";

bool IsNumeric(const Tensor& tensor) {
  return tensor.dtype == DType::kFp32 || tensor.dtype == DType::kFp64;
}

std::vector<double> Widened(const Tensor& tensor) {
  if (tensor.dtype == DType::kFp64) return {tensor.as<double>().begin(), tensor.as<double>().end()};
  return {tensor.as<float>().begin(), tensor.as<float>().end()};
}

Tensor Narrowed(DType dtype, Shape shape, const std::vector<double>& values) {
  const auto own = [&](const auto& numbers) {
    const auto bytes = std::as_bytes(std::span(numbers));
    return Tensor{dtype, std::move(shape),
                  Buffer::Own(std::vector<std::byte>(bytes.begin(), bytes.end()))};
  };
  if (dtype == DType::kFp64) return own(values);
  return own(std::vector<float>(values.begin(), values.end()));
}

/// The numbers of an attribute times `factor`; in the type it has.
void Scale(AttributeProto& attribute, double factor) {
  for (float& value : *attribute.mutable_floats()) value = static_cast<float>(value * factor);
  if (!attribute.has_t()) return;
  const auto tensor = onnx::ToTensor(attribute.t());
  if (!tensor.ok() || !IsNumeric(*tensor)) return;
  std::vector<double> values = Widened(*tensor);
  for (double& value : values) value *= factor;
  const std::string name = attribute.t().name();
  *attribute.mutable_t() = onnx::ToProto(name, Narrowed(tensor->dtype, tensor->shape, values));
}

int32_t OnnxType(DType dtype) {
  return dtype == DType::kFp64 ? TensorProto::DOUBLE : TensorProto::FLOAT;
}

std::vector<std::vector<int64_t>> Sorted(std::vector<std::set<int64_t>> sets) {
  std::vector<std::vector<int64_t>> lists;
  for (const std::set<int64_t>& set : sets) lists.emplace_back(set.begin(), set.end());
  return lists;
}

/// A TreeEnsemble whose leaves are what is added.
class PlainTrees final : public Ensemble {
 public:
  PlainTrees(int place, const NodeProto& node, TreeNode trees,
             std::vector<std::vector<size_t>> leaves)
      : place_(place),
        trees_(std::move(trees)),
        leaves_(std::move(leaves)),
        aggregate_(IntOf(node, "aggregate_function", 1)),
        width_(std::max<int64_t>(IntOf(node, "n_targets", 1), 1)) {}

  size_t trees() const override { return leaves_.size(); }
  size_t width() const override { return static_cast<size_t>(width_); }
  Aggregate aggregate() const override {
    if (aggregate_ == 1) return Aggregate::kSum;
    return aggregate_ == 0 ? Aggregate::kAverage : Aggregate::kExtreme;
  }
  std::vector<std::vector<int64_t>> targets() const override {
    std::vector<std::set<int64_t>> targets(leaves_.size());
    for (size_t tree = 0; tree < leaves_.size(); ++tree)
      for (const size_t leaf : leaves_[tree]) targets[tree].insert(trees_.targets[leaf]);
    return Sorted(std::move(targets));
  }

  bool Keep(ModelProto& model, const std::vector<bool>& kept, double factor) const override {
    NodeProto& node = *model.mutable_graph()->mutable_node(place_);
    TreeNode fewer = trees_;
    fewer.roots.clear();
    for (size_t tree = 0; tree < kept.size(); ++tree)
      if (kept[tree]) fewer.roots.push_back(trees_.roots[tree]);
    Scale(*FindAttribute(node, "leaf_weights"), factor);
    fewer.Write(node);
    return true;
  }

  void Separate(ModelProto& model) const override {
    GraphProto& graph = *model.mutable_graph();
    NodeProto& node = *graph.mutable_node(place_);
    std::vector<int64_t> targets = trees_.targets;
    for (size_t tree = 0; tree < leaves_.size(); ++tree)
      for (const size_t leaf : leaves_[tree]) targets[leaf] += static_cast<int64_t>(tree) * width_;
    SetInts(node, "leaf_targetids", targets);
    SetInt(node, "n_targets", static_cast<int64_t>(leaves_.size()) * width_);
    SetInt(node, "aggregate_function", 1);
    SetInt(node, "post_transform", 0);
    MakeOnlyOutput(graph, std::string(node.output(0)), OnnxType(trees_.weights.dtype));
  }

 private:
  const int place_;
  const TreeNode trees_;
  const std::vector<std::vector<size_t>> leaves_;
  const int64_t aggregate_, width_;
};

/// A TreeEnsemble of one target a tree, whose leaves are numbers of rows: TreeEnsemble → Cast →
/// Gather(table) → ReduceSum over trees.
class TableTrees final : public Ensemble {
 public:
  /// nullptr when the nodes behind `place` are not those.
  static std::unique_ptr<Ensemble> Find(GraphProto& graph, int place, const TreeNode& trees,
                                        const std::vector<std::vector<size_t>>& leaves) {
    const Links links(graph);
    const Constants constants(graph);
    const auto next = [&](int from, std::string_view op) {
      const int reader = links.OnlyReaderOf(graph.node(from).output(0));
      return reader != Links::kNone && Is(graph.node(reader), op) ? reader : Links::kNone;
    };
    const int cast = next(place, "Cast");
    const int gather = cast == Links::kNone ? Links::kNone : next(cast, "Gather");
    const int sum = gather == Links::kNone ? Links::kNone : next(gather, "ReduceSum");
    if (sum == Links::kNone || InputOf(graph.node(gather), 1) != graph.node(cast).output(0) ||
        IntOf(graph.node(gather), "axis", 0) != 0 || IntOf(graph.node(sum), "keepdims", 1) != 0 ||
        constants.Ints(InputOf(graph.node(sum), 1)) != std::vector<int64_t>{1})
      return nullptr;
    const TensorProto* const table = constants.Find(graph.node(gather).input(0));
    if (table == nullptr || table->dims_size() != 2 || table->dims(1) < 1) return nullptr;
    const auto rows = onnx::ToTensor(*table);
    if (!rows.ok() || !IsNumeric(*rows)) return nullptr;
    const std::vector<double> numbers = Widened(trees.weights);
    for (size_t tree = 0; tree < leaves.size(); ++tree)
      for (const size_t leaf : leaves[tree])
        if (trees.targets[leaf] != static_cast<int64_t>(tree) || !(numbers[leaf] >= 0) ||
            !(numbers[leaf] < static_cast<double>(table->dims(0))))
          return nullptr;
    auto found = std::make_unique<TableTrees>();
    found->place_ = place;
    found->gather_ = gather;
    found->trees_ = trees;
    found->leaves_ = leaves;
    found->numbers_ = numbers;
    found->dtype_ = rows->dtype;
    found->table_ = Widened(*rows);
    found->width_ = static_cast<size_t>(table->dims(1));
    return found;
  }

  size_t trees() const override { return leaves_.size(); }
  size_t width() const override { return width_; }
  Aggregate aggregate() const override { return Aggregate::kSum; }
  std::vector<std::vector<int64_t>> targets() const override {
    return std::vector<std::vector<int64_t>>(leaves_.size(), {0});
  }

  bool Keep(ModelProto& model, const std::vector<bool>& kept, double factor) const override {
    GraphProto& graph = *model.mutable_graph();
    NodeProto& node = *graph.mutable_node(place_);
    TreeNode fewer = trees_;
    fewer.roots.clear();
    std::vector<double> numbers(numbers_.size()), rows;
    for (size_t tree = 0; tree < kept.size(); ++tree) {
      if (!kept[tree]) continue;
      for (const size_t leaf : leaves_[tree]) {
        fewer.targets[leaf] = std::ssize(fewer.roots);
        numbers[leaf] = static_cast<double>(rows.size() / width_);
        const double* const row = &table_[static_cast<size_t>(numbers_[leaf]) * width_];
        for (size_t i = 0; i < width_; ++i) rows.push_back(row[i] * factor);
      }
      fewer.roots.push_back(trees_.roots[tree]);
    }
    SetInts(node, "leaf_targetids", fewer.targets);
    SetInt(node, "n_targets", std::ssize(fewer.roots));
    *FindAttribute(node, "leaf_weights")->mutable_t() = onnx::ToProto(
        "leaf_weights", Narrowed(trees_.weights.dtype, trees_.weights.shape, numbers));
    fewer.Write(node);
    const Shape shape = {static_cast<int64_t>(rows.size() / width_), static_cast<int64_t>(width_)};
    NodeProto& gather = *graph.mutable_node(gather_);
    gather.set_input(0, Constants(graph).Add(gather.input(0), Narrowed(dtype_, shape, rows)));
    graph.clear_value_info();  // shapes with as many trees as there were
    return true;
  }

  void Separate(ModelProto& model) const override {
    const std::string value = model.graph().node(gather_).output(0);
    MakeOnlyOutput(*model.mutable_graph(), value, OnnxType(dtype_));
  }

 private:
  int place_ = 0, gather_ = 0;  // of nodes
  TreeNode trees_;
  std::vector<std::vector<size_t>> leaves_;
  std::vector<double> numbers_;  // by leaf: its row
  DType dtype_ = DType::kFp64;
  std::vector<double> table_;  // [rows][width]
  size_t width_ = 1;
};

/// A TreeEnsembleClassifier or TreeEnsembleRegressor of ai.onnx.ml 1 to 4.
class OldTrees final : public Ensemble {
 public:
  static bool Is(const NodeProto& node) {
    return node.domain() == kMlDomain && (node.op_type() == "TreeEnsembleClassifier" ||
                                          node.op_type() == "TreeEnsembleRegressor");
  }

  /// nullptr when lists do not fit together.
  static std::unique_ptr<Ensemble> Find(const NodeProto& node, int place) {
    auto found = std::make_unique<OldTrees>();
    found->place_ = place;
    found->classifies_ = node.op_type() == "TreeEnsembleClassifier";
    found->prefix_ = found->classifies_ ? "class_" : "target_";
    found->nodes_ = found->Places(IntsOf(node, "nodes_treeids"), true);
    found->leaves_ = found->Places(IntsOf(node, found->prefix_ + "treeids"), false);
    found->ids_ = IntsOf(node, found->prefix_ + "ids");
    const std::vector<double> weights = found->Weights(node);
    const bool fits = !found->leaves_.empty() && found->ids_.size() == found->leaves_.size() &&
                      weights.size() == found->leaves_.size() &&
                      std::ranges::all_of(found->ids_, [](int64_t id) { return id >= 0; }) &&
                      std::ranges::max(found->ids_) < kMostTargets;
    if (!fits) return nullptr;
    for (const double weight : weights) found->negative_.push_back(weight < 0);
    if (const AttributeProto* const how = FindAttribute(node, "aggregate_function"))
      found->aggregate_ = how->s() == "AVERAGE" ? Aggregate::kAverage
                          : how->s() == "SUM"   ? Aggregate::kSum
                                                : Aggregate::kExtreme;
    return found;
  }

  size_t trees() const override { return numbers_.size(); }
  size_t width() const override { return static_cast<size_t>(std::ranges::max(ids_)) + 1; }
  Aggregate aggregate() const override { return aggregate_; }
  std::vector<std::vector<int64_t>> targets() const override {
    std::vector<std::set<int64_t>> targets(trees());
    for (size_t i = 0; i < leaves_.size(); ++i) targets[leaves_[i]].insert(ids_[i]);
    return Sorted(std::move(targets));
  }

  /// A classifier looks at which classes leaves name, and whether weights are negative, to decide
  /// what its sums mean.
  bool Keep(ModelProto& model, const std::vector<bool>& kept, double factor) const override {
    NodeProto& node = *model.mutable_graph()->mutable_node(place_);
    const auto marks = [&](const std::vector<size_t>& trees) {
      std::vector<bool> marked(trees.size());
      for (size_t i = 0; i < trees.size(); ++i) marked[i] = kept[trees[i]];
      return marked;
    };
    const std::vector<bool> nodes = marks(nodes_), leaves = marks(leaves_);
    if (classifies_ && MeaningOf(leaves) != MeaningOf(std::vector<bool>(leaves.size(), true)))
      return false;
    for (AttributeProto& attribute : *node.mutable_attribute()) {
      if (attribute.name().starts_with("nodes_")) KeepElements(attribute, nodes);
      if (attribute.name().starts_with(prefix_)) KeepElements(attribute, leaves);
      if (attribute.name().starts_with(prefix_ + "weights")) Scale(attribute, factor);
    }
    return true;
  }

  void Separate(ModelProto& model) const override {
    GraphProto& graph = *model.mutable_graph();
    NodeProto& node = *graph.mutable_node(place_);
    NodeProto apart;
    apart.set_op_type("TreeEnsembleRegressor");
    apart.set_domain(node.domain());
    apart.add_input(node.input(0));
    apart.add_output(kApart);
    for (const AttributeProto& attribute : node.attribute()) {
      const bool is_leaf = attribute.name().starts_with(prefix_);
      if (!is_leaf && !attribute.name().starts_with("nodes_")) continue;
      AttributeProto& copy = *apart.add_attribute() = attribute;
      if (is_leaf) copy.set_name("target_" + attribute.name().substr(prefix_.size()));
    }
    std::vector<int64_t> ids = ids_;
    for (size_t i = 0; i < ids.size(); ++i) ids[i] += static_cast<int64_t>(leaves_[i] * width());
    SetInts(apart, "target_ids", ids);
    SetInt(apart, "n_targets", static_cast<int64_t>(trees() * width()));
    *graph.mutable_node(place_) = std::move(apart);
    MakeOnlyOutput(graph, kApart, TensorProto::FLOAT);
  }

 private:
  /// Which tree each id names, by the order in which trees come.
  std::vector<size_t> Places(const std::vector<int64_t>& ids, bool are_new) {
    std::vector<size_t> places;
    for (const int64_t id : ids) {
      const auto found = numbers_.find(id);
      if (found == numbers_.end() && !are_new) return {};
      places.push_back(numbers_.try_emplace(id, numbers_.size()).first->second);
    }
    return places;
  }

  std::vector<double> Weights(const NodeProto& node) const {
    if (const AttributeProto* const floats = FindAttribute(node, prefix_ + "weights"))
      return {floats->floats().begin(), floats->floats().end()};
    const AttributeProto* const wide = FindAttribute(node, prefix_ + "weights_as_tensor");
    if (wide == nullptr) return {};
    const auto tensor = onnx::ToTensor(wide->t());
    return tensor.ok() && IsNumeric(*tensor) ? Widened(*tensor) : std::vector<double>();
  }

  /// The classes that leaves name, and whether some weight is negative.
  std::pair<std::set<int64_t>, bool> MeaningOf(const std::vector<bool>& leaves) const {
    std::pair<std::set<int64_t>, bool> meaning;
    for (size_t i = 0; i < leaves.size(); ++i) {
      if (!leaves[i]) continue;
      meaning.first.insert(ids_[i]);
      meaning.second = meaning.second || negative_[i];
    }
    return meaning;
  }

  int place_ = 0;
  bool classifies_ = false;
  std::string prefix_;
  std::map<int64_t, size_t> numbers_;   // of trees, by id
  std::vector<size_t> nodes_, leaves_;  // the tree of each
  std::vector<int64_t> ids_;            // of targets, by leaf
  std::vector<bool> negative_;          // by leaf
  Aggregate aggregate_ = Aggregate::kSum;
};

std::unique_ptr<Ensemble> EnsembleAt(ModelProto& model, int place) {
  GraphProto& graph = *model.mutable_graph();
  const NodeProto& node = graph.node(place);
  if (node.input_size() == 0 || node.output_size() == 0) return nullptr;
  if (OldTrees::Is(node)) return OldTrees::Find(node, place);
  std::optional<TreeNode> trees = TreeNode::Read(node);
  if (!trees || !IsNumeric(trees->weights)) return nullptr;
  const auto leaves = trees->LeavesOfTrees();
  const auto is_known = [](int64_t target) { return target >= 0 && target < kMostTargets; };
  const int64_t targets = IntOf(node, "n_targets", 1);
  if (!leaves || !std::ranges::all_of(trees->targets, is_known) || targets < 1 ||
      targets > kMostTargets)
    return nullptr;
  if (auto table = TableTrees::Find(graph, place, *trees, *leaves)) return table;
  return std::make_unique<PlainTrees>(place, node, *std::move(trees), *leaves);
}

}  // namespace

StatusOr<std::unique_ptr<Ensemble>> FindEnsemble(ModelProto& model) {
  std::unique_ptr<Ensemble> only;
  for (int place = 0; place < model.graph().node_size(); ++place) {
    std::unique_ptr<Ensemble> found = EnsembleAt(model, place);
    if (found == nullptr || found->trees() < 2) continue;
    if (only != nullptr)
      return MakeError(Reason::kUnsupported, "the model has several ensembles of trees");
    only = std::move(found);
  }
  return only;
}

}  // namespace slipway::optimise
