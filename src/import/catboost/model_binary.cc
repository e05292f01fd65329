// CatBoost's binary format: "CBM1", the size of a FlatBuffer, that FlatBuffer (TModelCore).

#include <set>

#include "import/catboost/flat_table.h"
#include "import/catboost/model.h"

namespace slipway::importing::catboost {
namespace {

// Fields by number, as CatBoost's schema orders them.
namespace core {
enum { kFormat, kTrees, kInfo };
}
namespace info {
enum { kKey, kValue };
}
namespace feature {
enum { kHasNans, kIndex, kFlatIndex, kBorders, kName, kMissing };
}
namespace trees {
enum {
  kOutputs,
  kSplits,
  kSizes,
  kStarts,
  kCategorical,
  kFloat,
  kOneHot,
  kCtrs,
  kLeafValues,
  kLeafWeights,
  kSteps,
  kLeafOfNode,
  kTexts,
  kEstimated,
  kScale,
  kBias,
  kBiases,
  kRepacked,
  kEmbeddings
};
}

Status Bad(std::string_view what) { return Error(Reason::kBadModel, "CatBoost model: {}", what); }

class Reader {
 public:
  Reader(std::span<const std::byte> bytes, const Limits& limits) : bytes_(bytes), limits_(limits) {}

  StatusOr<Model> Run() {
    ASSIGN_OR_RETURN(const FlatTable root, Root());
    ASSIGN_OR_RETURN(const std::string_view format, root.Text(core::kFormat));
    if (format != "FlabuffersModel_v1")
      return Error(Reason::kUnsupported,
                   "CatBoost model: format \"{}\" is not supported: FlabuffersModel_v1",
                   format.substr(0, 40));
    RETURN_IF_ERROR(ReadInfoOf(root));
    ASSIGN_OR_RETURN(const FlatTable model, root.Table(core::kTrees));
    RETURN_IF_ERROR(ReadFeatures(model));
    RETURN_IF_ERROR(ReadScaleAndBias(model));
    RETURN_IF_ERROR(ReadTrees(model));
    return std::move(model_);
  }

 private:
  StatusOr<FlatTable> Root() const {
    constexpr size_t kHead = 8;
    if (bytes_.size() < kHead || std::memcmp(bytes_.data(), "CBM1", 4) != 0)
      return Bad("expected \"CBM1\" and a size in front");
    uint32_t size;
    std::memcpy(&size, bytes_.data() + 4, sizeof(size));
    if (size > bytes_.size() - kHead)
      return Bad(fmt::format("expected {} bytes, got {}", size, bytes_.size() - kHead));
    return FlatTable::Root(bytes_.subspan(kHead, size));
  }

  StatusOr<Value> JsonOf(std::string_view key, std::string_view text) const {
    return ReadJson(std::as_bytes(std::span(text)),
                    {.name = fmt::format("CatBoost model: {}", key)}, limits_);
  }

  /// Entries may share their texts in the file: each key is read once.
  Status ReadInfoOf(const FlatTable& root) {
    ASSIGN_OR_RETURN(const auto entries, root.Tables(core::kInfo));
    Info info;
    Value params, classes;
    std::set<std::string_view> keys;
    for (const FlatTable& entry : entries) {
      ASSIGN_OR_RETURN(const std::string_view key, entry.Text(info::kKey));
      ASSIGN_OR_RETURN(const std::string_view value, entry.Text(info::kValue));
      if (!keys.insert(key).second)
        return Bad(fmt::format("{}: expected it once, got it twice", key.substr(0, 80)));
      if (key == "catboost_version_info") info.version = value;
      if (key == "binclass_probability_threshold") info.threshold = value;
      if (key == "multiclass_params") info.has_multiclass_params = true;
      if (key == "params") {
        ASSIGN_OR_RETURN(params, JsonOf(key, value));
        info.params.emplace(std::string(key), params);
      }
      if (key == "class_params") {
        ASSIGN_OR_RETURN(classes, JsonOf(key, value));
        info.class_params.emplace(std::string(key), classes);
      }
    }
    return ReadInfo(info, model_);
  }

  /// Tables and vectors may share bytes of the file; more of them than it has room for are refused.
  Status Count(size_t bytes) {
    if (bytes > bytes_.size() - counted_)
      return Bad(fmt::format("expected borders and names of at most {} bytes", bytes_.size()));
    counted_ += bytes;
    return OkStatus();
  }

  Status ReadFeatures(const FlatTable& model) {
    for (const auto& [field, kind] :
         {std::pair<size_t, std::string_view>{trees::kCategorical, "categorical features"},
          {trees::kOneHot, "categorical features"},
          {trees::kCtrs, "categorical features"},
          {trees::kTexts, "text features"},
          {trees::kEstimated, "estimated features"},
          {trees::kEmbeddings, "embedding features"}}) {
      ASSIGN_OR_RETURN(const auto features, model.Tables(field));
      if (!features.empty()) return RefuseFeatures(kind);
    }
    ASSIGN_OR_RETURN(const auto features, model.Tables(trees::kFloat));
    for (const FlatTable& each : features) {
      const auto column = static_cast<int32_t>(model_.feature_names.size());
      ASSIGN_OR_RETURN(const int32_t flat, each.Number<int32_t>(feature::kFlatIndex, -1));
      if (flat != column)
        return Bad(fmt::format("feature {}: expected column {}, got {}", column, column, flat));
      ASSIGN_OR_RETURN(const int8_t missing, each.Number<int8_t>(feature::kMissing, 0));
      ASSIGN_OR_RETURN(const auto borders, each.Numbers<float>(feature::kBorders));
      RETURN_IF_ERROR(Count(borders.size() * sizeof(float)));
      constexpr int8_t kAsTrue = 2;
      for (const float border : borders) borders_.push_back({column, border, missing == kAsTrue});
      ASSIGN_OR_RETURN(const std::string_view name, each.Text(feature::kName));
      RETURN_IF_ERROR(Count(name.size()));
      model_.feature_names.emplace_back(name);
    }
    model_.features = static_cast<int64_t>(features.size());
    return OkStatus();
  }

  Status ReadScaleAndBias(const FlatTable& model) {
    ASSIGN_OR_RETURN(model_.outputs, model.Number<int32_t>(trees::kOutputs, 0));
    if (model_.outputs < 1 || model_.outputs > kMaxOutputs)
      return Bad(fmt::format("expected outputs in [1, {}], got {}", kMaxOutputs, model_.outputs));
    ASSIGN_OR_RETURN(model_.scale, model.Number<double>(trees::kScale, 1));
    ASSIGN_OR_RETURN(model_.bias, model.Numbers<double>(trees::kBiases));
    if (!model_.bias.empty()) return OkStatus();
    ASSIGN_OR_RETURN(const double bias, model.Number<double>(trees::kBias, 0));
    model_.bias = {bias};
    return OkStatus();
  }

  Status ReadTrees(const FlatTable& model) {
    ASSIGN_OR_RETURN(splits_, model.Numbers<int32_t>(trees::kSplits));
    ASSIGN_OR_RETURN(leaves_, model.Numbers<double>(trees::kLeafValues));
    ASSIGN_OR_RETURN(const auto steps, model.Numbers<uint32_t>(trees::kSteps));
    ASSIGN_OR_RETURN(const auto leaf_of_node, model.Numbers<uint32_t>(trees::kLeafOfNode));
    ASSIGN_OR_RETURN(const auto sizes, model.Numbers<int32_t>(trees::kSizes));
    if (!steps.empty() && (steps.size() != splits_.size() || leaf_of_node.size() != splits_.size()))
      return Bad(fmt::format("expected {} steps and leaves of nodes, got {} and {}", splits_.size(),
                             steps.size(), leaf_of_node.size()));
    size_t start = 0;
    for (const int32_t size : sizes) {
      if (size < 0 || static_cast<size_t>(size) > splits_.size() - start)
        return Bad(fmt::format("tree {}: expected at most {} splits, got {}", model_.trees.size(),
                               splits_.size() - start, size));
      ASSIGN_OR_RETURN(Tree tree, steps.empty() ? ReadSymmetric(start, size)
                                                : ReadSteps(start, size, steps, leaf_of_node));
      model_.trees.push_back(std::move(tree));
      start += static_cast<size_t>(size);
    }
    return OkStatus();
  }

  StatusOr<Border> TestOf(size_t split) const {
    const int32_t number = splits_[split];
    if (number < 0 || static_cast<size_t>(number) >= borders_.size())
      return Bad(fmt::format("tree {}: expected a test below {}, got {}", model_.trees.size(),
                             borders_.size(), number));
    return borders_[number];
  }

  StatusOr<Tree> ReadSymmetric(size_t start, int32_t size) {
    std::vector<Border> tests;
    for (int32_t i = 0; i < size; ++i) {
      ASSIGN_OR_RETURN(const Border test, TestOf(start + i));
      tests.push_back(test);
    }
    constexpr int32_t kMaxTests = 30;
    const size_t left = leaves_.size() - next_leaf_;
    if (size > kMaxTests || (static_cast<size_t>(model_.outputs) << size) > left)
      return Bad(fmt::format("tree {}: expected leaves for {} tests, got {} values",
                             model_.trees.size(), size, left));
    const size_t count = static_cast<size_t>(model_.outputs) << size;
    const auto leaves = std::span(leaves_).subspan(next_leaf_, count);
    next_leaf_ += count;
    return SymmetricTree(tests, leaves);
  }

  /// Each node has how far its children are behind it; at 0 the row stops with the node's leaf.
  StatusOr<Tree> ReadSteps(size_t start, int32_t size, const std::vector<uint32_t>& steps,
                           const std::vector<uint32_t>& leaf_of_node) {
    Tree tree;
    std::vector<std::pair<size_t, int32_t>> open;  // node, the split that it becomes
    const auto visit = [&](size_t node, uint32_t step) -> StatusOr<int32_t> {
      const size_t child = node + step;
      const bool ends = step == 0 || (child < start + size && steps[child] == 0);
      if (child >= start + size)
        return Bad(fmt::format("tree {}: node {}: expected a child below {}", model_.trees.size(),
                               node - start, size));
      if (ends) return AddLeaf(leaf_of_node[child], tree);
      tree.splits.emplace_back();
      if (tree.splits.size() > static_cast<size_t>(size))
        return Bad(fmt::format("tree {}: a node is reached twice", model_.trees.size()));
      open.emplace_back(child, static_cast<int32_t>(tree.splits.size() - 1));
      return open.back().second;
    };
    if (size == 0) return Bad(fmt::format("tree {}: expected a node", model_.trees.size()));
    if (steps[start] == 0) {
      RETURN_IF_ERROR(AddLeaf(leaf_of_node[start], tree).status());
      return tree;
    }
    tree.splits.emplace_back();
    open.emplace_back(start, 0);
    while (!open.empty()) {
      const auto [node, split] = open.back();
      open.pop_back();
      ASSIGN_OR_RETURN(const Border test, TestOf(node));
      ASSIGN_OR_RETURN(const int32_t below, visit(node, steps[node] & 0xFFFF));
      ASSIGN_OR_RETURN(const int32_t above, visit(node, steps[node] >> 16));
      tree.splits[split] = SplitOf(test, below, above);
    }
    return tree;
  }

  /// Leaves are not shared, or a small file could ask for much memory.
  StatusOr<int32_t> AddLeaf(uint32_t first, Tree& tree) {
    const auto width = static_cast<size_t>(model_.outputs);
    next_leaf_ += width;
    if (next_leaf_ > leaves_.size())
      return Bad(fmt::format("tree {}: a leaf is reached twice", model_.trees.size()));
    if (first > leaves_.size() || width > leaves_.size() - first)
      return Bad(fmt::format("tree {}: expected a leaf below {}, got {}", model_.trees.size(),
                             leaves_.size(), first));
    const auto number = static_cast<int32_t>(tree.leaves.size() / width);
    tree.leaves.insert(tree.leaves.end(), leaves_.begin() + first,
                       leaves_.begin() + first + static_cast<ptrdiff_t>(width));
    return ~number;
  }

  const std::span<const std::byte> bytes_;
  const Limits& limits_;
  std::vector<Border> borders_;  // every test, by its number
  std::vector<int32_t> splits_;  // tests of the trees, one tree behind the other
  std::vector<double> leaves_;
  size_t next_leaf_ = 0;
  size_t counted_ = 0;
  Model model_;
};

}  // namespace

StatusOr<Model> ReadBinary(std::span<const std::byte> bytes, const Limits& limits) {
  return Reader(bytes, limits).Run();
}

}  // namespace slipway::importing::catboost
