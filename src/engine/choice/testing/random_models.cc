// The models of ai.onnx.ml.

#include "engine/choice/testing/graph_maker.h"
#include "onnx/onnx.pb.h"

namespace slipway::testing {

Floats GraphMaker::Quarters(size_t count) {
  Floats values(count);
  for (float& value : values) value = static_cast<float>(Quarter());
  return values;
}

bool GraphMaker::AddMl() {
  const std::string op = OneOf({"Scaler", "Scaler", "Binarizer", "Imputer", "Normalizer"});
  const GraphNode* found = Pick([&](const GraphNode& n) {
    if (n.tail.size() != 1) return false;
    if (op == "Scaler") return n.dtype == DType::kFp32 || (n.dtype == DType::kFp64 && n.exact);
    if (op == "Normalizer") return n.exact && n.dtype == DType::kFp32;
    return n.exact && n.dtype == DType::kFp32;
  });
  if (found == nullptr) return false;
  const GraphNode x = *found;
  GraphNode y = x;
  y.dtype = DType::kFp32;
  const auto columns = static_cast<size_t>(x.tail[0]);
  const size_t many = Coin() ? columns : 1;
  Attributes attributes;
  if (op == "Scaler") {
    attributes = {{"offset", Quarters(many)}, {"scale", Quarters(many)}};
    y.bound = (x.bound + 2) * 2;
    y.bits = std::min(x.bits, GraphNode::kRounded / 2) * 1 + 4;
    if (!y.SumsAreExact(1)) y = Approximate(y, y.bound);
    y.signed_zero = false;
    y.no_nan = y.finite;
  } else if (op == "Binarizer") {
    attributes = {{"threshold", static_cast<float>(Quarter())}};
    y.bound = 1, y.bits = 0;
  } else if (op == "Imputer") {
    attributes = {{"imputed_value_floats", Quarters(many)},
                  {"replaced_value_float", OneOf({NAN, 0.0F, 1.0F})}};
    y.signed_zero = false;
  } else {
    attributes = {{"norm", OneOf({"MAX", "L1", "L2"})}};
    y = Approximate(y, 8);
    y.finite = y.no_nan = false;
  }
  return Give(y, op, {x.name}, attributes, "ai.onnx.ml");
}

bool GraphMaker::AddLinear() {
  const GraphNode* found = PickMatrix(true, true);
  if (found == nullptr) return false;
  const GraphNode x = *found;
  const auto columns = static_cast<size_t>(x.tail[0]);
  const auto outputs = 1 + static_cast<size_t>(Below(4));
  GraphNode y = Summed(x, static_cast<double>(columns), 2, 2);
  y.tail = {static_cast<int64_t>(outputs)};
  if (y.bound > 1e12) return false;
  const Floats coefficients = Quarters(columns * outputs), intercepts = Quarters(outputs);
  const std::string transform = OneOf({"NONE", "NONE", "LOGISTIC", "SOFTMAX"});
  if (transform != "NONE") y = Approximate(y, std::max(1.0, y.exact ? 1.0 : y.bound));
  if (Coin())
    return Give(y, "LinearRegressor", {x.name},
                {{"coefficients", coefficients},
                 {"intercepts", intercepts},
                 {"targets", static_cast<int64_t>(outputs)},
                 {"post_transform", transform}},
                "ai.onnx.ml");
  if (outputs < 2 || !Summed(x, static_cast<double>(columns), 2, 2).exact) return false;
  return GiveClasses(
      y, "LinearClassifier", x.name,
      {{"coefficients", coefficients}, {"intercepts", intercepts}, {"post_transform", transform}},
      "classlabels_ints");
}

bool GraphMaker::GiveClasses(GraphNode scores, std::string_view op, const std::string& x,
                             Attributes attributes, const char* whole_labels) {
  const auto count = static_cast<size_t>(scores.tail[0]);
  GraphNode label{.name = NewName("v"), .dtype = Coin() ? DType::kBytes : DType::kInt64};
  label.bound = 20, label.bits = 0;
  if (label.dtype == DType::kBytes) {
    attributes.emplace_back("classlabels_strings", Texts(kWords.begin(), kWords.begin() + count));
  } else {
    Ints labels(count);
    for (size_t i = 0; i < count; ++i) labels[i] = static_cast<int64_t>(10 - 3 * i);
    attributes.emplace_back(whole_labels, labels);
  }
  scores.name = NewName("v");
  graph_.model.Node(op, {x}, {label.name, scores.name}, attributes, "ai.onnx.ml");
  nodes_.push_back(scores);
  nodes_.push_back(label);
  return true;
}

bool GraphMaker::AddEncoder() {
  const GraphNode* found = Pick([](const GraphNode& n) {
    return n.exact &&
           (n.dtype == DType::kBytes || n.dtype == DType::kInt64 || n.dtype == DType::kFp32);
  });
  if (found == nullptr) return false;
  const GraphNode x = *found;
  GraphNode y = x;
  if (Below(3) == 0 && x.dtype != DType::kFp32) {
    y.dtype = DType::kFp32;
    y.bound = 1, y.bits = 0;
    Attributes attributes = {{"zeros", 1}};
    if (x.dtype == DType::kBytes)
      attributes.emplace_back("cats_strings", Texts{"b", "a", "ab"});
    else
      attributes.emplace_back("cats_int64s", Ints{2, 0, -1, 1});
    y.tail.push_back(x.dtype == DType::kBytes ? 3 : 4);
    return Give(y, "OneHotEncoder", {x.name}, attributes, "ai.onnx.ml");
  }
  Attributes attributes;
  if (x.dtype == DType::kBytes) attributes.emplace_back("keys_strings", Texts{"b", "", "ab"});
  if (x.dtype == DType::kInt64) attributes.emplace_back("keys_int64s", Ints{2, 0, -1});
  if (x.dtype == DType::kFp32)
    attributes.emplace_back("keys_floats", Floats{1, OneOf({NAN, 0.5F}), 0});
  y.dtype = OneOf({DType::kBytes, DType::kInt64, DType::kFp32});
  y.bound = 9, y.bits = y.is_float() ? 2 : 0;
  if (y.dtype == DType::kBytes) attributes.emplace_back("values_strings", Texts{"x", "y", ""});
  if (y.dtype == DType::kInt64) attributes.emplace_back("values_int64s", Ints{5, 6, 7});
  if (y.dtype == DType::kFp32) attributes.emplace_back("values_floats", Floats{1.5F, -2, 0.25F});
  return Give(y, "LabelEncoder", {x.name}, attributes, "ai.onnx.ml");
}

bool GraphMaker::AddTrees() {
  const GraphNode* found = PickMatrix(true);
  if (found == nullptr) return false;
  const GraphNode x = *found;
  const bool numbered = Coin() && x.dtype == DType::kFp32;
  const int trees = 1 + Below(4);
  const int targets = numbered ? trees : 1 + Below(3);
  Ints roots, features, on_true, true_leaves, on_false, false_leaves, missing, leaf_targets;
  std::vector<double> splits, weights;
  std::vector<uint8_t> modes;
  const auto leaf = [&](int tree) {
    weights.push_back(numbered ? static_cast<double>(weights.size()) : Quarter());
    leaf_targets.push_back(numbered ? tree : Below(targets));
    return static_cast<int64_t>(weights.size()) - 1;
  };
  for (int tree = 0; tree < trees; ++tree) {
    const auto root = static_cast<int64_t>(features.size());
    roots.push_back(root);
    const int count = 1 + Below(2);
    for (int i = 0; i < count; ++i) {
      features.push_back(Below(static_cast<int>(x.tail[0])));
      modes.push_back(static_cast<uint8_t>(Below(6)));
      splits.push_back(Quarter());
      missing.push_back(Below(2));
      const bool deeper = i + 1 < count;
      on_true.push_back(deeper ? root + 1 : leaf(tree));
      true_leaves.push_back(!deeper);
      on_false.push_back(leaf(tree));
      false_leaves.push_back(1);
    }
  }
  const auto numbers = [&](const std::vector<double>& values) {
    const Shape shape = {static_cast<int64_t>(values.size())};
    return x.dtype == DType::kFp64 ? TensorOf<double>(shape, values)
                                   : TensorOf<float>(shape, Floats(values.begin(), values.end()));
  };
  GraphNode y = x;
  y.finite = y.no_nan = true;
  y.bound = 8, y.bits = 2, y.tail = {targets}, y.signed_zero = false;
  Attributes attributes = {
      {"n_targets", targets},
      {"aggregate_function", 1},
      {"tree_roots", roots},
      {"nodes_featureids", features},
      {"nodes_modes", TensorOf<uint8_t>({static_cast<int64_t>(modes.size())}, modes)},
      {"nodes_splits", numbers(splits)},
      {"nodes_truenodeids", on_true},
      {"nodes_trueleafs", true_leaves},
      {"nodes_falsenodeids", on_false},
      {"nodes_falseleafs", false_leaves},
      {"leaf_targetids", leaf_targets},
      {"leaf_weights", numbers(weights)}};
  if (Coin()) attributes.emplace_back("nodes_missing_value_tracks_true", missing);
  if (!Give(y, "TreeEnsemble", {x.name}, attributes, "ai.onnx.ml")) return false;
  return !numbered || AddTable(static_cast<int64_t>(weights.size()));
}

bool GraphMaker::AddTable(int64_t rows) {
  GraphNode index = nodes_.back();
  const std::string scores = index.name;
  const int64_t trees = index.tail[0], width = 1 + Below(4);
  index.dtype = DType::kInt64;
  if (!Give(index, "Cast", {scores}, {{"to", 7}})) return false;
  GraphNode entries = nodes_.back();
  const std::string numbers = entries.name;
  entries.dtype = OneOf({DType::kFp32, DType::kFp64, DType::kInt64});
  entries.bits = entries.dtype == DType::kInt64 ? 0 : 2;
  entries.bound = 3;
  entries.tail = {trees, width};
  const std::string table = Constant(Numbers(entries.dtype, {rows, width}));
  if (!Give(entries, "Gather", {table, numbers}, {{"axis", 0}})) return false;
  if (Coin() && !AddReshapeTo(nodes_.back(), OneOf({Shape{width, trees}, Shape{trees * width},
                                                    Shape{1, trees, width}})))
    return false;
  GraphNode sum = nodes_.back();
  const std::string all = sum.name;
  const int64_t axis = 1 + Below(static_cast<int>(sum.tail.size()));
  sum.bound *= static_cast<double>(sum.tail[static_cast<size_t>(axis) - 1]);
  sum.tail.erase(sum.tail.begin() + axis - 1);
  return Give(sum, "ReduceSum", {all, Constant(Ints{axis})}, {{"keepdims", 0}});
}

bool GraphMaker::AddOldTrees() {
  const GraphNode* found = PickMatrix(true, true);
  if (found == nullptr) return false;
  const GraphNode x = *found;
  const int trees = 1 + Below(3), targets = 1 + Below(3);
  const bool classes = Coin();
  Ints tree_ids, numbers, features, on_true, on_false, missing, leaf_trees, leaf_numbers, ids;
  Texts modes;
  Floats values, weights;
  const auto node = [&](int tree, int number, const char* mode, int yes, int no) {
    tree_ids.push_back(tree);
    numbers.push_back(number);
    features.push_back(Below(static_cast<int>(x.tail[0])));
    modes.emplace_back(mode);
    values.push_back(static_cast<float>(Quarter()));
    on_true.push_back(yes);
    on_false.push_back(no);
    missing.push_back(Below(2));
  };
  for (int tree = 0; tree < trees; ++tree) {
    node(tree, 0,
         OneOf({"BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT", "BRANCH_EQ", "BRANCH_NEQ"}),
         1, 2);
    for (const int number : {1, 2}) {
      node(tree, number, "LEAF", 0, 0);
      for (int i = classes ? targets : 1; i > 0; --i) {
        leaf_trees.push_back(tree);
        leaf_numbers.push_back(number);
        ids.push_back(classes ? i - 1 : Below(targets));
        weights.push_back(static_cast<float>(Quarter()));
      }
    }
  }
  const std::string transform = OneOf({"NONE", "NONE", "LOGISTIC", "SOFTMAX"});
  GraphNode y = x;
  y.finite = y.no_nan = true;
  y.bound = 10, y.bits = 2, y.tail = {targets}, y.signed_zero = false;
  if (transform != "NONE") y = Approximate(y, 1);
  const std::string leaves = classes ? "class" : "target";
  Attributes attributes = {{"nodes_treeids", tree_ids},
                           {"nodes_nodeids", numbers},
                           {"nodes_featureids", features},
                           {"nodes_modes", modes},
                           {"nodes_values", values},
                           {"nodes_truenodeids", on_true},
                           {"nodes_falsenodeids", on_false},
                           {leaves + "_treeids", leaf_trees},
                           {leaves + "_nodeids", leaf_numbers},
                           {leaves + "_ids", ids},
                           {leaves + "_weights", weights},
                           {"post_transform", transform}};
  if (Coin()) attributes.emplace_back("nodes_missing_value_tracks_true", missing);
  if (Coin()) attributes.emplace_back("base_values", Quarters(static_cast<size_t>(targets)));
  if (classes)
    return targets > 1 &&
           GiveClasses(y, "TreeEnsembleClassifier", x.name, attributes, "classlabels_int64s");
  attributes.emplace_back("n_targets", targets);
  if (Coin()) attributes.emplace_back("aggregate_function", "SUM");
  return Give(y, "TreeEnsembleRegressor", {x.name}, attributes, "ai.onnx.ml");
}

}  // namespace slipway::testing
