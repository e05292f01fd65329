// CatBoost's JSON export as a Model.

#include <algorithm>

#include "import/catboost/model.h"

namespace slipway::importing::catboost {
namespace {

/// Columns of the input by the numbers that tests use, with what they do to NaN.
struct Feature {
  int64_t column = 0;
  bool missing_is_above = false;
};

class Reader {
 public:
  explicit Reader(const Value& document) : root_("", document) {}

  StatusOr<Model> Run() {
    RETURN_IF_ERROR(ReadInfoOf());
    RETURN_IF_ERROR(ReadFeatures());
    RETURN_IF_ERROR(ReadScaleAndBias());
    if (const auto trees = root_.Find("oblivious_trees")) {
      RETURN_IF_ERROR(ReadEach(*trees, &Reader::ReadSymmetric));
    } else {
      ASSIGN_OR_RETURN(const Node others, root_.At("trees"));
      RETURN_IF_ERROR(ReadEach(others, &Reader::ReadNested));
    }
    return std::move(model_);
  }

 private:
  Status ReadInfoOf() {
    ASSIGN_OR_RETURN(const Node node, root_.At("model_info"));
    Info info{.params = node.Find("params"),
              .class_params = node.Find("class_params"),
              .has_multiclass_params = node.Find("multiclass_params").has_value()};
    if (const auto about = node.Find("catboost_version_info")) {
      ASSIGN_OR_RETURN(info.version, about->AsString());
    }
    if (const auto threshold = node.Find("binclass_probability_threshold")) {
      ASSIGN_OR_RETURN(info.threshold, threshold->AsString());
    }
    return ReadInfo(info, model_);
  }

  Status ReadFeatures() {
    ASSIGN_OR_RETURN(const Node info, root_.At("features_info"));
    for (const auto& [key, kind] : {std::pair{"categorical_features", "categorical features"},
                                    {"ctrs", "categorical features"},
                                    {"text_features", "text features"},
                                    {"embedding_features", "embedding features"}}) {
      const auto list = info.Find(key);
      if (!list) continue;
      ASSIGN_OR_RETURN(const std::vector<Node> features, list->AsNodes());
      if (!features.empty()) return RefuseFeatures(kind);
    }
    ASSIGN_OR_RETURN(const Node list, info.At("float_features"));
    ASSIGN_OR_RETURN(const std::vector<Node> features, list.AsNodes());
    for (const Node& feature : features) RETURN_IF_ERROR(ReadFeature(feature));
    model_.features = static_cast<int64_t>(features.size());
    return OkStatus();
  }

  /// Features lie in the order of their numbers; without others between them that is the columns'.
  Status ReadFeature(const Node& node) {
    Feature feature{.column = static_cast<int64_t>(features_.size())};
    ASSIGN_OR_RETURN(const Node column, node.At("flat_feature_index"));
    RETURN_IF_ERROR(column.AsInteger(feature.column, feature.column).status());
    ASSIGN_OR_RETURN(const Node missing, node.At("nan_value_treatment"));
    ASSIGN_OR_RETURN(const std::string_view treatment, missing.AsString());
    feature.missing_is_above = treatment == "AsTrue";
    features_.push_back(feature);
    std::string_view name;
    if (const auto id = node.Find("feature_id")) {
      ASSIGN_OR_RETURN(name, id->AsString());
    }
    model_.feature_names.emplace_back(name);
    return OkStatus();
  }

  /// [scale, [bias, …]], or [scale, bias] of older versions.
  Status ReadScaleAndBias() {
    const auto node = root_.Find("scale_and_bias");
    if (!node) {
      model_.bias = {0};
      return OkStatus();
    }
    if (node->AsNumbers().ok()) {
      ASSIGN_OR_RETURN(const Numbers* numbers, node->AsNumbers());
      if (numbers->size() != 2) return node->Bad("expected a scale and a bias");
      model_.scale = numbers->front();
      model_.bias = {numbers->back()};
      return OkStatus();
    }
    ASSIGN_OR_RETURN(const std::vector<Node> parts, node->AsNodes());
    if (parts.size() != 2) return node->Bad("expected a scale and a list of biases");
    ASSIGN_OR_RETURN(model_.scale, parts[0].AsNumber());
    ASSIGN_OR_RETURN(const Numbers* bias, parts[1].AsNumbers());
    model_.bias = *bias;
    model_.outputs = static_cast<int64_t>(model_.bias.size());
    return OkStatus();
  }

  Status ReadEach(const Node& list, StatusOr<Tree> (Reader::*read)(const Node&)) {
    ASSIGN_OR_RETURN(const std::vector<Node> trees, list.AsNodes());
    for (const Node& node : trees) {
      ASSIGN_OR_RETURN(Tree tree, (this->*read)(node));
      model_.trees.push_back(std::move(tree));
    }
    return OkStatus();
  }

  StatusOr<Border> ReadTest(const Node& node) const {
    ASSIGN_OR_RETURN(const Node type_node, node.At("split_type"));
    ASSIGN_OR_RETURN(const std::string_view type, type_node.AsString());
    if (type != "FloatFeature") return RefuseFeatures(fmt::format("splits of type {}", type));
    ASSIGN_OR_RETURN(const Node index_node, node.At("float_feature_index"));
    ASSIGN_OR_RETURN(const int64_t index,
                     index_node.AsInteger(0, static_cast<int64_t>(features_.size()) - 1));
    ASSIGN_OR_RETURN(const Node border_node, node.At("border"));
    ASSIGN_OR_RETURN(const double border, border_node.AsNumber());
    return Border{features_[index].column, static_cast<float>(border),
                  features_[index].missing_is_above};
  }

  StatusOr<Tree> ReadSymmetric(const Node& node) {
    std::vector<Border> tests;
    if (const auto splits = node.Find("splits")) {
      ASSIGN_OR_RETURN(const std::vector<Node> list, splits->AsNodes());
      for (const Node& split : list) {
        ASSIGN_OR_RETURN(const Border test, ReadTest(split));
        tests.push_back(test);
      }
    }
    ASSIGN_OR_RETURN(const Node leaves, node.At("leaf_values"));
    ASSIGN_OR_RETURN(const Numbers* values, leaves.AsNumbers());
    constexpr size_t kMaxTests = 30;
    if (tests.size() > kMaxTests) return node.Bad("expected at most {} tests", kMaxTests);
    if (model_.trees.empty() && model_.bias.size() == 1)  // older versions have one for all outputs
      model_.outputs = std::max<int64_t>(1, static_cast<int64_t>(values->size() >> tests.size()));
    if (values->size() != (size_t{1} << tests.size()) * static_cast<size_t>(model_.outputs))
      return leaves.Bad("expected {} values for each combination of {} tests, got {}",
                        model_.outputs, tests.size(), values->size());
    return SymmetricTree(tests, *values);
  }

  /// Nodes within nodes: no deeper than a document may be.
  StatusOr<Tree> ReadNested(const Node& node) {
    Tree tree;
    RETURN_IF_ERROR(ReadNode(node, tree).status());
    return tree;
  }

  StatusOr<int32_t> ReadNode(const Node& node, Tree& tree) const {
    const auto split = node.Find("split");
    if (!split) return ReadLeaf(node, tree);
    ASSIGN_OR_RETURN(const Border test, ReadTest(*split));
    const auto number = static_cast<int32_t>(tree.splits.size());
    tree.splits.emplace_back();
    ASSIGN_OR_RETURN(const Node left, node.At("left"));
    ASSIGN_OR_RETURN(const Node right, node.At("right"));
    ASSIGN_OR_RETURN(const int32_t below, ReadNode(left, tree));
    ASSIGN_OR_RETURN(const int32_t above, ReadNode(right, tree));
    tree.splits[number] = SplitOf(test, below, above);
    return number;
  }

  /// The value of a leaf is a number, or a list for several outputs.
  StatusOr<int32_t> ReadLeaf(const Node& node, Tree& tree) const {
    const size_t width = static_cast<size_t>(model_.outputs);
    const auto number = static_cast<int32_t>(tree.leaves.size() / width);
    ASSIGN_OR_RETURN(const Node value, node.At("value"));
    if (const auto one = value.AsNumber(); one.ok() && width == 1) {
      tree.leaves.push_back(*one);
      return ~number;
    }
    ASSIGN_OR_RETURN(const Numbers* values, value.AsNumbers());
    if (values->size() != width)
      return value.Bad("expected {} values, got {}", width, values->size());
    tree.leaves.insert(tree.leaves.end(), values->begin(), values->end());
    return ~number;
  }

  const Node root_;
  std::vector<Feature> features_;
  Model model_;
};

}  // namespace

StatusOr<Model> ReadDocument(const Value& document) { return Reader(document).Run(); }

}  // namespace slipway::importing::catboost
