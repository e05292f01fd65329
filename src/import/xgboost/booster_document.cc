// The document of XGBoost's JSON and UBJSON files as a Booster.

#include <limits>
#include <set>

#include "base/utf8.h"
#include "import/xgboost/booster.h"
#include "import/xgboost/lists.h"
#include "text/json_reader.h"

namespace slipway::importing::xgboost {
namespace {

constexpr int64_t kMaxInt = std::numeric_limits<int32_t>::max();

/// The sets of the categorical nodes lie one behind the other in `categories`.
Status ReadCategories(const Node& tree, NodeTable& table) {
  if (!tree.Find("split_type")) return OkStatus();
  ASSIGN_OR_RETURN(table.categorical, Truths(tree, "split_type"));
  ASSIGN_OR_RETURN(const auto nodes, Integers(tree, "categories_nodes"));
  ASSIGN_OR_RETURN(const auto begins, Integers(tree, "categories_segments"));
  ASSIGN_OR_RETURN(const auto sizes, Integers(tree, "categories_sizes"));
  ASSIGN_OR_RETURN(const auto categories, Integers(tree, "categories"));
  if (begins.size() != nodes.size() || sizes.size() != nodes.size())
    return tree.Bad("expected {} sets of categories, got {} and {} sizes", nodes.size(),
                    begins.size(), sizes.size());
  constexpr int64_t kMaxCategory = 1 << 24;  // beyond, float32 has no whole numbers of its own
  const auto total = static_cast<int64_t>(categories.size());
  int64_t at = 0;
  for (size_t i = 0; i < nodes.size(); ++i) {
    if (begins[i] != at || sizes[i] < 1 || sizes[i] > total - at)
      return tree.Bad("categories of node {}: expected them from {} to at most {}, got {} from {}",
                      nodes[i], at, total, sizes[i], begins[i]);
    auto& set = table.categories[nodes[i]];
    for (const int64_t end = at + sizes[i]; at < end; ++at) {
      if (categories[at] < 0 || categories[at] >= kMaxCategory)
        return tree.Bad("expected categories in [0, {}), got {}", kMaxCategory, categories[at]);
      set.push_back(static_cast<double>(categories[at]));
    }
  }
  return OkStatus();
}

/// Leaves of vectors: since 3.2 in rows of their own, before that in those of all nodes.
Status ReadVectorLeaves(const Node& tree, NodeTable& table) {
  table.leaf_rows_are_right = tree.Find("leaf_weights").has_value();
  ASSIGN_OR_RETURN(table.leaf_weights,
                   Floats(tree, table.leaf_rows_are_right ? "leaf_weights" : "base_weights"));
  return OkStatus();
}

StatusOr<NodeTable> ReadTable(const Node& tree) {
  NodeTable table;
  ASSIGN_OR_RETURN(const Node param, tree.At("tree_param"));
  if (const auto width = param.Find("size_leaf_vector")) {
    ASSIGN_OR_RETURN(table.leaf_width, width->AsInteger(0, kMaxOutputs));
    table.leaf_width = std::max<int64_t>(table.leaf_width, 1);
  }
  ASSIGN_OR_RETURN(table.left, Integers(tree, "left_children"));
  ASSIGN_OR_RETURN(table.right, Integers(tree, "right_children"));
  ASSIGN_OR_RETURN(table.feature, Integers(tree, "split_indices"));
  ASSIGN_OR_RETURN(table.value, Floats(tree, "split_conditions"));
  ASSIGN_OR_RETURN(table.default_left, Truths(tree, "default_left"));
  RETURN_IF_ERROR(ReadCategories(tree, table));
  if (table.leaf_width > 1) RETURN_IF_ERROR(ReadVectorLeaves(tree, table));
  const size_t nodes = table.left.size();
  for (const size_t size :
       {table.right.size(), table.feature.size(), table.value.size(), table.default_left.size(),
        table.categorical.empty() ? nodes : table.categorical.size()}) {
    if (size != nodes || nodes == 0 || nodes > static_cast<size_t>(kMaxInt))
      return tree.Bad("expected arrays of {} nodes, got one of {}", nodes, size);
  }
  return table;
}

/// "red", "green" as bytes behind one another, and where each begins and the last ends.
StatusOr<std::vector<std::string>> ReadWords(const Node& list) {
  ASSIGN_OR_RETURN(const auto offsets, Integers(list, "offsets"));
  ASSIGN_OR_RETURN(const auto bytes, Integers(list, "values"));
  std::vector<std::string> words;
  for (size_t i = 0; i + 1 < offsets.size(); ++i) {
    if (offsets[i] < 0 || offsets[i] > offsets[i + 1] || offsets[i + 1] > std::ssize(bytes))
      return list.Bad("offsets: expected them to rise to at most {}, got {} and {}", bytes.size(),
                      offsets[i], offsets[i + 1]);
    words.emplace_back(bytes.begin() + offsets[i], bytes.begin() + offsets[i + 1]);
    if (!IsValidUtf8(words.back())) return list.Bad("values: expected words in UTF-8");
  }
  return words;
}

/// The categories of the training table's columns, which files have since 3.1.
Status ReadTableCategories(const Node& model, Booster& booster) {
  const auto cats = model.Find("cats");
  if (!cats || !cats->Find("enc")) return OkStatus();
  ASSIGN_OR_RETURN(const Node list, cats->At("enc"));
  ASSIGN_OR_RETURN(const Nodes columns, list.AsNodes());
  if (columns.empty()) return OkStatus();
  if (std::ssize(columns) != booster.features)
    return list.Bad("expected those of {} columns, got {}", booster.features, columns.size());
  for (const Node& column : columns) {
    Categories& categories = booster.categories.emplace_back();
    if (column.Find("offsets")) {
      ASSIGN_OR_RETURN(categories.words, ReadWords(column));
    } else {
      ASSIGN_OR_RETURN(const Node values, column.At("values"));
      ASSIGN_OR_RETURN(const Numbers* numbers, values.AsNumbers());
      categories.numbers = *numbers;
    }
  }
  return OkStatus();
}

Status ReadTrees(const Node& model, const Numbers& dart_weights, Booster& booster) {
  ASSIGN_OR_RETURN(const Node list, model.At("trees"));
  ASSIGN_OR_RETURN(const Nodes trees, list.AsNodes());
  ASSIGN_OR_RETURN(const auto targets, Integers(model, "tree_info"));
  if (targets.size() != trees.size())
    return model.Bad("expected tree_info of {} trees, got {}", trees.size(), targets.size());
  if (dart_weights.size() > trees.size())
    return model.Bad("expected weights of {} trees, got {}", trees.size(), dart_weights.size());
  for (size_t i = 0; i < trees.size(); ++i) {
    ASSIGN_OR_RETURN(const NodeTable table, ReadTable(trees[i]));
    if (i > 0 && table.leaf_width != booster.leaf_width)
      return trees[i].Bad("expected leaves of {} values as before, got {}", booster.leaf_width,
                          table.leaf_width);
    booster.leaf_width = table.leaf_width;
    const float weight = i < dart_weights.size() ? static_cast<float>(dart_weights[i]) : 1.0F;
    ASSIGN_OR_RETURN(Tree tree, ToTree(table, weight, trees[i].path()));
    tree.target = targets[i];
    booster.trees.push_back(std::move(tree));
  }
  if (model.Find("iteration_indptr")) {
    ASSIGN_OR_RETURN(booster.rounds, Integers(model, "iteration_indptr"));
  }
  ASSIGN_OR_RETURN(const Node param, model.At("gbtree_model_param"));
  if (const auto parallel = param.Find("num_parallel_tree")) {
    ASSIGN_OR_RETURN(booster.parallel_trees, parallel->AsInteger(0, kMaxInt));
    booster.parallel_trees = std::max<int64_t>(booster.parallel_trees, 1);
  }
  return OkStatus();
}

/// `weight_drop` is dart's own member; since 3.3 it is one of the trees' model.
StatusOr<Numbers> DartWeights(const Node& booster, const Node& model) {
  for (const Node& holder : {booster, model}) {
    if (const auto weights = holder.Find("weight_drop")) {
      ASSIGN_OR_RETURN(const Numbers* numbers, weights->AsNumbers());
      return *numbers;
    }
  }
  return Numbers();
}

Status ReadGradientBooster(const Node& learner, Booster& booster) {
  ASSIGN_OR_RETURN(const Node node, learner.At("gradient_booster"));
  ASSIGN_OR_RETURN(const Node name_node, node.At("name"));
  ASSIGN_OR_RETURN(const std::string_view name, name_node.AsString());
  if (name == "gblinear") {
    booster.linear = true;
    ASSIGN_OR_RETURN(const Node model, node.At("model"));
    ASSIGN_OR_RETURN(booster.weights, Floats(model, "weights"));
    return OkStatus();
  }
  if (name != "gbtree" && name != "dart")
    return Error(Reason::kUnsupported,
                 "{}: booster \"{}\" is not supported: gbtree, dart, gblinear", name_node.path(),
                 name);
  const auto trees = node.Find("gbtree");  // dart wraps one
  ASSIGN_OR_RETURN(const Node model, (trees ? *trees : node).At("model"));
  ASSIGN_OR_RETURN(const Numbers weights, DartWeights(node, model));
  RETURN_IF_ERROR(ReadTableCategories(model, booster));
  return ReadTrees(model, weights, booster);
}

/// "5E-1", or since 3.1 "[5E-1,2E-1]".
StatusOr<std::vector<float>> ReadBase(const Node& param) {
  ASSIGN_OR_RETURN(const Node node, param.At("base_score"));
  ASSIGN_OR_RETURN(const std::string_view text, node.AsString());
  std::vector<float> base;
  JsonReader json(text, {.allow_nan_tokens = true});
  const auto read_one = [&]() -> Status {
    Decimal decimal;
    float number = 0;
    RETURN_IF_ERROR(json.ReadDecimal(&decimal));
    if (!ToFloat(decimal, &number)) return node.Bad("expected 32-bit floats, got {}", text);
    base.push_back(number);
    return OkStatus();
  };
  const auto read_all = [&]() -> Status {
    if (!text.starts_with('[')) return read_one();
    RETURN_IF_ERROR(json.BeginArray());
    for (;;) {
      ASSIGN_OR_RETURN(const bool more, json.NextElement());
      if (!more) return OkStatus();
      RETURN_IF_ERROR(read_one());
    }
  };
  if (const Status status = read_all(); !status.ok()) return node.Bad("{}", MessageOf(status));
  RETURN_IF_ERROR(json.End());
  return base;
}

Status ReadParameters(const Node& learner, Booster& booster) {
  ASSIGN_OR_RETURN(const Node param, learner.At("learner_model_param"));
  ASSIGN_OR_RETURN(booster.base, ReadBase(param));
  ASSIGN_OR_RETURN(const Node features, param.At("num_feature"));
  ASSIGN_OR_RETURN(booster.features, features.AsInteger(0, kMaxFeatures));
  ASSIGN_OR_RETURN(const Node classes, param.At("num_class"));
  ASSIGN_OR_RETURN(booster.classes, classes.AsInteger(0, kMaxOutputs));
  if (const auto targets = param.Find("num_target")) {
    ASSIGN_OR_RETURN(booster.targets, targets->AsInteger(0, kMaxOutputs));
    booster.targets = std::max<int64_t>(booster.targets, 1);
  }
  ASSIGN_OR_RETURN(const Node objective, learner.At("objective"));
  ASSIGN_OR_RETURN(const Node name, objective.At("name"));
  ASSIGN_OR_RETURN(booster.objective, name.AsString());
  return OkStatus();
}

Status ReadNames(const Node& learner, Booster& booster) {
  if (const auto names = learner.Find("feature_names")) {
    ASSIGN_OR_RETURN(const Nodes nodes, names->AsNodes());
    if (!nodes.empty() && nodes.size() != static_cast<size_t>(booster.features))
      return names->Bad("expected {} names, got {}", booster.features, nodes.size());
    std::set<std::string_view> known;
    for (const Node& node : nodes) {
      ASSIGN_OR_RETURN(const std::string_view name, node.AsString());
      if (!known.insert(name).second)
        return node.Bad("expected names that are unique, got \"{}\" again", name);
      booster.feature_names.emplace_back(name);
    }
  }
  if (const auto attributes = learner.Find("attributes")) {
    ASSIGN_OR_RETURN(const Object* object, attributes->AsObject());
    for (size_t i = 0; i < object->keys.size(); ++i) {
      if (const auto* text = std::get_if<std::string>(&object->values[i].is))
        booster.attributes[object->keys[i]] = *text;
    }
  }
  return OkStatus();
}

}  // namespace

StatusOr<Booster> BoosterOf(const Value& document) {
  Node root("", document);
  if (const auto model = root.Find("Model")) root = *model;  // of a pickle, with "Config" beside
  Booster booster;
  ASSIGN_OR_RETURN(const auto version, Integers(root, "version"));
  for (const int64_t part : version)
    booster.version += fmt::format("{}{}", booster.version.empty() ? "" : ".", part);
  ASSIGN_OR_RETURN(const Node learner, root.At("learner"));
  RETURN_IF_ERROR(ReadParameters(learner, booster));
  RETURN_IF_ERROR(ReadNames(learner, booster));
  RETURN_IF_ERROR(ReadGradientBooster(learner, booster));
  return booster;
}

}  // namespace slipway::importing::xgboost
