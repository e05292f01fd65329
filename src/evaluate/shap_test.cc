#include "evaluate/shap.h"

#include "evaluate/testing/fake_runner.h"
#include "onnx/builder.h"

namespace slipway::evaluate {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

using Ints = std::vector<int64_t>;

data::Column Numbers(std::string name, std::vector<double> numbers) {
  data::Column column;
  column.name = std::move(name);
  column.numbers = std::move(numbers);
  return column;
}

/// x[feature] <= split ? left : right, tree by tree.
struct Stump {
  int64_t feature;
  double split, left, right;
};

std::vector<onnx::Attribute> Stumps(const std::vector<Stump>& stumps) {
  Ints roots, features, on_true, on_false, leaf, targets;
  std::vector<double> splits, weights;
  for (const Stump& stump : stumps) {
    roots.push_back(std::ssize(roots));
    features.push_back(stump.feature);
    splits.push_back(stump.split);
    on_true.push_back(std::ssize(weights));
    on_false.push_back(std::ssize(weights) + 1);
    leaf.push_back(1);
    weights.insert(weights.end(), {stump.left, stump.right});
    targets.insert(targets.end(), {0, 0});
  }
  const Shape one = {std::ssize(stumps)}, two = {std::ssize(weights)};
  return {{"tree_roots", roots},
          {"nodes_featureids", features},
          {"nodes_modes", TensorOf(DType::kUint8, one, std::vector<uint8_t>(stumps.size()))},
          {"nodes_splits", TensorOf(DType::kFp64, one, splits)},
          {"nodes_truenodeids", on_true},
          {"nodes_trueleafs", leaf},
          {"nodes_falsenodeids", on_false},
          {"nodes_falseleafs", leaf},
          {"leaf_targetids", targets},
          {"leaf_weights", TensorOf(DType::kFp64, two, weights)}};
}

/// Reads "features" of a graph whose preparation is a function of this test.
struct Model {
  std::string onnx;
  Signature signature;
  LoadModel load;

  StatusOr<TreeShap> Explain(const data::Table& table, const ShapOptions& options = {}) const {
    return ExplainTrees(std::as_bytes(std::span(onnx)), signature, load, table, options);
  }
};

using Prepare = std::function<std::vector<double>(double a, double b)>;

Model ModelOf(const std::vector<Stump>& stumps, Prepare prepare) {
  onnx::Builder builder;
  builder.Input("a", DType::kFp64, {-1, 1}).Input("b", DType::kFp64, {-1, 1});
  builder.Node("Prepare", {"a", "b"}, {"features"});
  builder.Node("TreeEnsemble", {"features"}, {"sum"}, Stumps(stumps), "ai.onnx.ml");
  builder.Output("sum", DType::kFp64, {-1, 1});
  Model model{builder.Serialize(),
              {{{"a", DType::kFp64, {-1, 1}}, {"b", DType::kFp64, {-1, 1}}},
               {{"sum", DType::kFp64, {-1, 1}}}},
              {}};
  model.load = [prepare = std::move(prepare), signature = model.signature](
                   const std::string&) -> StatusOr<std::unique_ptr<Runner>> {
    return std::make_unique<FakeRunner>(
        signature, [prepare](std::vector<NamedTensor> inputs, const std::vector<std::string>&) {
          const auto a = inputs[0].tensor.as<double>(), b = inputs[1].tensor.as<double>();
          std::vector<double> values;
          for (size_t row = 0; row < a.size(); ++row)
            for (const double value : prepare(a[row], b[row])) values.push_back(value);
          const Shape shape = {std::ssize(a), std::ssize(values) / std::ssize(a)};
          return std::vector<NamedTensor>{{"tree_features", TensorOf(DType::kFp64, shape, values)}};
        });
  };
  return model;
}

data::Table Rows(size_t rows) {
  data::Table table{{Numbers("a", {}), Numbers("b", {})}, rows};
  for (size_t row = 0; row < rows; ++row) {
    table.columns[0].numbers.push_back(static_cast<double>(row % 2));
    table.columns[1].numbers.push_back(static_cast<double>(row % 4 / 2));
  }
  return table;
}

// Features 0 and 1 come from column b, 2 from a; b moves the sum by 3 and 1, a by 2.
TEST(ShapTest, FeaturesAreTracedToTheirColumnsAndAddUpThere) {
  const Model model = ModelOf({{0, 0.5, 0, 3}, {1, -0.5, 0, -1}, {2, 0.5, 0, 2}},
                              [](double a, double b) { return std::vector{b, -b, a}; });
  const auto shap = model.Explain(Rows(8), {.keep_values = true});
  ASSERT_TRUE(shap.ok()) << shap.status();
  ASSERT_THAT(shap->features, SizeIs(2));
  EXPECT_EQ(shap->features[0].feature, "b");
  EXPECT_DOUBLE_EQ(shap->features[0].mean_absolute, 2);
  EXPECT_EQ(shap->features[1].feature, "a");
  EXPECT_DOUBLE_EQ(shap->features[1].mean_absolute, 1);
  EXPECT_THAT(shap->base_values, ElementsAre(2));
  EXPECT_THAT(shap->columns, ElementsAre("a", "b"));
  EXPECT_THAT(std::vector(shap->values.begin(), shap->values.begin() + 4),
              ElementsAre(-1, -2, 1, -2));
}

TEST(ShapTest, AFeatureOfTwoColumnsIsRefusedNamingTheNode) {
  const Model model =
      ModelOf({{0, 0.5, 0, 3}}, [](double a, double b) { return std::vector{a + b}; });
  EXPECT_EQ(MessageOf(model.Explain(Rows(8)).status()),
            "TreeEnsemble \"TreeEnsemble_1\": feature 0 comes from columns \"a\" and \"b\": SHAP "
            "values of "
            "columns need features of one column each");
}

TEST(ShapTest, RowsGiveWayToTheLimitOfWorkAndAreDrawnByTheSeed) {
  const Model model =
      ModelOf({{0, 0.5, 0, 3}}, [](double a, double b) { return std::vector{a, b}; });
  const ShapOptions options{.max_background = 10, .max_work = 300, .seed = 7, .keep_values = true};
  const auto shap = model.Explain(Rows(400), options), again = model.Explain(Rows(400), options);
  ASSERT_TRUE(shap.ok()) << shap.status();
  EXPECT_EQ(shap->rows, 30);
  EXPECT_EQ(shap->background, 10);
  EXPECT_EQ(shap->row_numbers, again->row_numbers);
  EXPECT_EQ(shap->values, again->values);
}

TEST(ShapTest, ModelsWithoutOneSumOfTreesAreRefused) {
  onnx::Builder builder;
  Model model{builder.Serialize(), {}, {}};
  EXPECT_EQ(MessageOf(model.Explain(Rows(4)).status()), "the model has no tree ensemble");
  model = ModelOf({{5, 0.5, 0, 3}}, [](double a, double) { return std::vector{a}; });
  EXPECT_THAT(MessageOf(model.Explain(Rows(4)).status()),
              HasSubstr("expected at least 6 features, got 1"));
}

}  // namespace
}  // namespace slipway::evaluate
