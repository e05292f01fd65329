// CatBoost's JSON export as a Model.

#include <algorithm>
#include <charconv>
#include <set>

#include "import/catboost/model.h"

namespace slipway::importing::catboost {
namespace {

class JsonModelReader {
 public:
  explicit JsonModelReader(const Value& document) : root_("", document) {}

  StatusOr<Model> Run() {
    RETURN_IF_ERROR(ReadInfoOf());
    RETURN_IF_ERROR(ReadFeatures());
    RETURN_IF_ERROR(ReadScaleAndBias());
    if (const auto trees = root_.Find("oblivious_trees")) {
      RETURN_IF_ERROR(ReadEach(*trees, &JsonModelReader::ReadSymmetric));
    } else {
      ASSIGN_OR_RETURN(const Node others, root_.At("trees"));
      RETURN_IF_ERROR(ReadEach(others, &JsonModelReader::ReadNested));
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
    for (const auto& [key, kind] : {std::pair{"text_features", "text features"},
                                    {"embedding_features", "embedding features"}}) {
      ASSIGN_OR_RETURN(const Nodes features, ListAt(info, key));
      if (!features.empty()) return RefuseFeatures(kind);
    }
    ASSIGN_OR_RETURN(const Nodes numbers, ListAt(info, "float_features"));
    ASSIGN_OR_RETURN(const Nodes categories, ListAt(info, "categorical_features"));
    model_.SetFeatures(numbers.size() + categories.size());
    for (const Node& feature : numbers) RETURN_IF_ERROR(ReadNumber(feature));
    for (const Node& feature : categories) {
      ASSIGN_OR_RETURN(const int64_t column, TakeColumn(feature));
      model_.categories.push_back(column);
      if (const auto values = feature.Find("values"))
        RETURN_IF_ERROR(AddTests(*values, {.column = column, .is_equality = true}));
    }
    return ReadStatistics(info);
  }

  /// No list and an empty one are the same.
  static StatusOr<Nodes> ListAt(const Node& node, std::string_view key) {
    const auto list = node.Find(key);
    if (!list) return Nodes();
    return list->AsNodes();
  }

  /// The column that a feature is, which is no other one's.
  StatusOr<int64_t> TakeColumn(const Node& node) {
    ASSIGN_OR_RETURN(const Node flat, node.At("flat_feature_index"));
    ASSIGN_OR_RETURN(const int64_t column, flat.AsInteger(0, model_.features - 1));
    std::string_view name;
    const auto id = node.Find("feature_id");
    if (id) {
      ASSIGN_OR_RETURN(name, id->AsString());
    }
    if (model_.TakeColumn(column, name)) return column;
    return flat.Bad("expected another column than {}, it is taken", column);
  }

  Status ReadNumber(const Node& node) {
    Test test;
    ASSIGN_OR_RETURN(test.column, TakeColumn(node));
    ASSIGN_OR_RETURN(const Node missing, node.At("nan_value_treatment"));
    ASSIGN_OR_RETURN(const std::string_view treatment, missing.AsString());
    constexpr std::string_view kTreatments[] = {"AsIs", "AsFalse", "AsTrue"};
    if (std::ranges::find(kTreatments, treatment) == std::end(kTreatments))
      return missing.Bad("expected AsIs, AsFalse or AsTrue, got \"{}\"", treatment.substr(0, 40));
    test.missing_is_above = treatment == "AsTrue";
    numbers_.push_back(test);
    const auto borders = node.Find("borders");
    return borders ? AddTests(*borders, test) : OkStatus();
  }

  /// One test for each number; one-hot values come before the borders of statistics.
  Status AddTests(const Node& node, Test test) {
    ASSIGN_OR_RETURN(const Numbers* values, node.AsNumbers());
    for (const double value : *values) {
      // Hashes are written without their sign.
      test.value = test.is_equality ? SignedHash(value) : static_cast<float>(value);
      tests_.push_back(test);
    }
    return OkStatus();
  }

  static double SignedHash(double value) { return value > 0x7FFFFFFF ? value - 0x1p32 : value; }

  Status ReadStatistics(const Node& info) {
    ASSIGN_OR_RETURN(const Nodes features, ListAt(info, "ctrs"));
    for (const Node& node : features) {
      Statistic statistic;
      ASSIGN_OR_RETURN(const Node kind, node.At("ctr_type"));
      ASSIGN_OR_RETURN(const std::string_view kind_name, kind.AsString());
      ASSIGN_OR_RETURN(statistic.kind, StatisticKindOf(kind_name));
      ASSIGN_OR_RETURN(const Node identifier, node.At("identifier"));
      ASSIGN_OR_RETURN(statistic.table, identifier.AsString());
      ASSIGN_OR_RETURN(const Node border, node.At("target_border_idx"));
      ASSIGN_OR_RETURN(statistic.target_border, border.AsInteger(0, kMaxOutputs));
      for (const auto& [key, value] : {std::pair{"prior_numerator", &statistic.prior},
                                       {"prior_denomerator", &statistic.prior_weight},
                                       {"shift", &statistic.shift},
                                       {"scale", &statistic.scale}}) {
        ASSIGN_OR_RETURN(const Node number, node.At(key));
        ASSIGN_OR_RETURN(const double given, number.AsNumber());
        *value = static_cast<float>(given);
      }
      ASSIGN_OR_RETURN(statistic.of, ReadCombination(node));
      const auto column = model_.features + static_cast<int64_t>(model_.statistics.size());
      model_.statistics.push_back(std::move(statistic));
      ASSIGN_OR_RETURN(const Node borders, node.At("borders"));
      RETURN_IF_ERROR(AddTests(borders, {.column = column}));
    }
    return features.empty() ? OkStatus() : ReadTables();
  }

  StatusOr<Combination> ReadCombination(const Node& node) const {
    Combination of;
    ASSIGN_OR_RETURN(const Node list, node.At("elements"));
    ASSIGN_OR_RETURN(const Nodes elements, list.AsNodes());
    for (const Node& element : elements) {
      ASSIGN_OR_RETURN(const Node kind_node, element.At("combination_element"));
      ASSIGN_OR_RETURN(const std::string_view kind, kind_node.AsString());
      if (kind == "cat_feature_value") {
        ASSIGN_OR_RETURN(const int64_t column, CategoryAt(element));
        of.categories.push_back(column);
      } else if (kind == "float_feature") {
        ASSIGN_OR_RETURN(const Test test, ReadBorder(element));
        of.tests.push_back(test);
      } else if (kind == "cat_feature_exact_value") {
        ASSIGN_OR_RETURN(const Test test, ReadValue(element));
        of.tests.push_back(test);
      } else {
        return kind_node.Bad("expected a category, a border or a value, got \"{}\"", kind);
      }
    }
    if (elements.empty()) return list.Bad("expected a feature");
    return of;
  }

  Status ReadTables() {
    ASSIGN_OR_RETURN(const Node data, root_.At("ctr_data"));
    ASSIGN_OR_RETURN(const Object* tables, data.AsObject());
    for (size_t i = 0; i < tables->keys.size(); ++i) {
      const Node node(fmt::format("ctr_data[{}]", i), tables->values[i]);
      ASSIGN_OR_RETURN(StatisticTable table, ReadTable(node));
      model_.tables.emplace(tables->keys[i], std::move(table));
    }
    return OkStatus();
  }

  /// "hash_map": a hash as text, what is counted for it, the next hash, …
  static StatusOr<StatisticTable> ReadTable(const Node& node) {
    StatisticTable table;
    ASSIGN_OR_RETURN(const Node stride, node.At("hash_stride"));
    ASSIGN_OR_RETURN(const int64_t cells, stride.AsInteger(2, kMaxOutputs));
    table.width = cells - 1;
    ASSIGN_OR_RETURN(const Node denominator, node.At("counter_denominator"));
    ASSIGN_OR_RETURN(const int64_t total, denominator.AsInteger(0, INT32_MAX));
    table.denominator = static_cast<int32_t>(total);
    ASSIGN_OR_RETURN(const Node map, node.At("hash_map"));
    ASSIGN_OR_RETURN(const Nodes values, map.AsNodes());
    if (values.size() % static_cast<size_t>(cells) != 0)
      return map.Bad("expected {} values a hash, got {} in all", cells, values.size());
    std::set<uint64_t> known;
    for (size_t at = 0; at < values.size(); at += static_cast<size_t>(cells)) {
      ASSIGN_OR_RETURN(const uint64_t hash, ReadHash(values[at]));
      if (hash == ~uint64_t{0}) continue;  // of a free place
      if (!known.insert(hash).second) return values[at].Bad("expected another hash");
      table.hashes.push_back(static_cast<int64_t>(hash));
      for (int64_t i = 1; i < cells; ++i) {
        ASSIGN_OR_RETURN(const double value, values[at + static_cast<size_t>(i)].AsNumber());
        table.values.push_back(value);
      }
    }
    return table;
  }

  static StatusOr<uint64_t> ReadHash(const Node& node) {
    ASSIGN_OR_RETURN(const std::string_view text, node.AsString());
    uint64_t hash = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), hash);
    if (error == std::errc() && end == text.data() + text.size()) return hash;
    return node.Bad("expected a hash of 64 bits, got \"{}\"", text.substr(0, 40));
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
    ASSIGN_OR_RETURN(const Nodes parts, node->AsNodes());
    if (parts.size() != 2) return node->Bad("expected a scale and a list of biases");
    ASSIGN_OR_RETURN(model_.scale, parts[0].AsNumber());
    ASSIGN_OR_RETURN(const Numbers* bias, parts[1].AsNumbers());
    if (bias->empty() || bias->size() > kMaxOutputs)
      return parts[1].Bad("expected 1 to {} biases, got {}", kMaxOutputs, bias->size());
    model_.bias = *bias;
    model_.outputs = static_cast<int64_t>(model_.bias.size());
    return OkStatus();
  }

  Status ReadEach(const Node& list, StatusOr<Tree> (JsonModelReader::*read)(const Node&)) {
    ASSIGN_OR_RETURN(const Nodes trees, list.AsNodes());
    for (const Node& node : trees) {
      ASSIGN_OR_RETURN(Tree tree, (this->*read)(node));
      model_.trees.push_back(std::move(tree));
    }
    return OkStatus();
  }

  StatusOr<Test> ReadTest(const Node& node) const {
    ASSIGN_OR_RETURN(const Node type_node, node.At("split_type"));
    ASSIGN_OR_RETURN(const std::string_view type, type_node.AsString());
    if (type == "FloatFeature") return ReadBorder(node);
    if (type == "OneHotFeature") return ReadValue(node);
    if (type != "OnlineCtr") return RefuseFeatures(fmt::format("splits of type {}", type));
    // Which statistic it asks for, only the test's number says.
    ASSIGN_OR_RETURN(const Node index, node.At("split_index"));
    ASSIGN_OR_RETURN(const int64_t number,
                     index.AsInteger(0, static_cast<int64_t>(tests_.size()) - 1));
    return tests_[number];
  }

  StatusOr<Test> ReadBorder(const Node& node) const {
    ASSIGN_OR_RETURN(const Node index_node, node.At("float_feature_index"));
    ASSIGN_OR_RETURN(const int64_t index,
                     index_node.AsInteger(0, static_cast<int64_t>(numbers_.size()) - 1));
    ASSIGN_OR_RETURN(const Node border_node, node.At("border"));
    ASSIGN_OR_RETURN(const double border, border_node.AsNumber());
    Test test = numbers_[index];
    test.value = static_cast<float>(border);
    return test;
  }

  StatusOr<int64_t> CategoryAt(const Node& node) const {
    ASSIGN_OR_RETURN(const Node index_node, node.At("cat_feature_index"));
    ASSIGN_OR_RETURN(const int64_t index,
                     index_node.AsInteger(0, static_cast<int64_t>(model_.categories.size()) - 1));
    return model_.categories[index];
  }

  StatusOr<Test> ReadValue(const Node& node) const {
    Test test{.is_equality = true};
    ASSIGN_OR_RETURN(test.column, CategoryAt(node));
    ASSIGN_OR_RETURN(const Node value_node, node.At("value"));
    ASSIGN_OR_RETURN(const double value, value_node.AsNumber());
    test.value = SignedHash(value);
    return test;
  }

  StatusOr<Tree> ReadSymmetric(const Node& node) {
    std::vector<Test> tests;
    if (const auto splits = node.Find("splits")) {
      ASSIGN_OR_RETURN(const Nodes list, splits->AsNodes());
      for (const Node& split : list) {
        ASSIGN_OR_RETURN(const Test test, ReadTest(split));
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
    ASSIGN_OR_RETURN(const Test test, ReadTest(*split));
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
  std::vector<Test> numbers_;  // of each float feature one, without its border
  std::vector<Test> tests_;    // every test, by its number
  Model model_;
};

}  // namespace

StatusOr<Model> ReadDocument(const Value& document) { return JsonModelReader(document).Run(); }

}  // namespace slipway::importing::catboost
