#include "import/xgboost/xgboost.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "import/testing/models.h"

namespace slipway::importing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

using testing::ReadFile;
using testing::RefusalOf;

const std::filesystem::path kModels = testing::ModelsOf("xgboost");

StatusOr<Imported> ImportText(std::string_view text, const Limits& limits = {}) {
  return ImportXgboost(testing::BytesOf(text), limits);
}

std::string Refusal(std::string_view text) { return RefusalOf(ImportText(text)); }

/// x0 < 0.5 ? 1 : (x1 in {1, 3} ? 3 : 2), missing to the left, then to the right.
constexpr std::string_view kSmall =
    R"({"learner":{"attributes":{},"feature_names":["a","b"],"gradient_booster":{"model":{)"
    R"("gbtree_model_param":{"num_parallel_tree":"1","num_trees":"1"},"tree_info":[0],"trees":[{)"
    R"("categories":[1,3],"categories_nodes":[2],"categories_segments":[0],"categories_sizes":[2],)"
    R"("default_left":[1,0,0,0,0],"id":0,"left_children":[1,-1,3,-1,-1],)"
    R"("right_children":[2,-1,4,-1,-1],"split_conditions":[5E-1,1E0,1E-45,2E0,3E0],)"
    R"("split_indices":[0,0,1,0,0],"split_type":[0,0,1,0,0],"tree_param":{"num_nodes":"5"}}]},)"
    R"("name":"gbtree"},"learner_model_param":{"base_score":"5E-1","num_class":"0",)"
    R"("num_feature":"2","num_target":"1"},"objective":{"name":"reg:squarederror"}},)"
    R"("version":[3,0,0]})";

std::string Replaced(std::string_view from, std::string_view to, std::string_view text = kSmall) {
  return testing::Replaced(text, from, to);
}

ColumnSource Giving(const Matrix& x) {
  return [x](Graph&, const ModelColumns&) { return x; };
}

TEST(XgboostTest, SaysWhatItReadAndFromWhichVersion) {
  const auto json = ImportText(kSmall);
  ASSERT_TRUE(json.ok()) << json.status();
  EXPECT_EQ(json->format, "XGBoost JSON");
  EXPECT_EQ(json->framework_version, "3.0.0");
  EXPECT_THAT(json->features, ElementsAre("a", "b"));
  const auto binary = ImportText(ReadFile(kModels / "1.7.6/dart.bst"));
  ASSERT_TRUE(binary.ok()) << binary.status();
  EXPECT_EQ(binary->format, "XGBoost binary");
  EXPECT_EQ(binary->framework_version, "1.7");
}

TEST(XgboostTest, BinaryWithoutItsMagicIsTheSameModel) {
  const std::string bytes = ReadFile(kModels / "1.7.6/dart.bst");
  ASSERT_EQ(bytes.substr(0, 4), "binf");
  EXPECT_EQ(ImportText(bytes.substr(4))->model, ImportText(bytes)->model);
}

TEST(XgboostTest, EarlyStoppingIsTold) {
  const auto imported = ImportText(ReadFile(kModels / "stopped_early.ubj"));
  ASSERT_TRUE(imported.ok()) << imported.status();
  ASSERT_THAT(imported->warnings, SizeIs(1));
  EXPECT_THAT(imported->warnings[0], HasSubstr("training was stopped early"));
}

TEST(XgboostTest, AllRoundsMayAnswerInAGraphOfOtherThings) {
  const std::string bytes = ReadFile(kModels / "stopped_early.ubj");
  const auto size_of = [&](const XgboostOptions& options) {
    Graph graph;
    const Matrix x = graph.Input("x", DType::kFp64, 4);
    const auto predictions = AddXgboost(graph, Giving(x), testing::BytesOf(bytes), {}, options);
    EXPECT_TRUE(predictions.ok()) << predictions.status();
    EXPECT_EQ(predictions->proba->columns, 3);
    return graph.Serialize()->size();
  };
  EXPECT_LT(size_of({}), size_of({.best_rounds = false}));
  EXPECT_LT(size_of({}), size_of({.missing = -999}));
}

TEST(XgboostTest, ModelsOfOtherColumnsThanTheGraphsAreRefused) {
  Graph graph;
  const auto predictions =
      AddXgboost(graph, Giving(graph.Input("x", DType::kFp32, 3)), testing::BytesOf(kSmall));
  ASSERT_FALSE(predictions.ok());
  EXPECT_EQ(MessageOf(predictions.status()), "XGBoost model: num_feature: expected 3, got 2");
}

TEST(XgboostTest, QuantilesAreSortedSinceVersion34) {
  const std::string quantiles = Replaced("reg:squarederror", "reg:quantileerror");
  for (const auto& [version, sorts] : {std::pair{"[3,3,0]", 0}, {"[3,4,0]", 1}, {"[4,0,0]", 1}}) {
    const auto imported = ImportText(Replaced("[3,0,0]", version, quantiles));
    ASSERT_TRUE(imported.ok()) << imported.status();
    const auto info = onnx::Inspect(testing::BytesOf(imported->model));
    ASSERT_TRUE(info.ok()) << info.status();
    EXPECT_EQ(info->operators.count("TopK"), sorts) << version;
  }
}

TEST(XgboostTest, BestIterationBeyondTheTreesKeepsAll) {
  const std::string text =
      Replaced(R"("attributes":{})", R"("attributes":{"best_iteration":"9223372036854775807"})");
  EXPECT_EQ(ImportText(text)->model, ImportText(kSmall)->model);
}

TEST(XgboostTest, BrokenDocumentsAreRefusedByPlaceAndRule) {
  struct Case {
    std::string_view from, to, what;
  };
  constexpr std::string_view kTree = "learner.gradient_booster.model.trees[0]";
  const Case cases[] = {
      {"left_children\":[1,", "left_children\":[9,", ": expected a node below 5, got 9"},
      {"left_children\":[1,", "left_children\":[-7,", ": expected a node below 5, got -7"},
      {"left_children\":[1,", "left_children\":[0,", ": node 0 is reached twice"},
      {"right_children\":[2,-1,4", "right_children\":[2,-1,0", ": node 0 is reached twice"},
      {"right_children\":[2,", "right_children\":[1,", ": node 1 is reached twice"},
      {"left_children\":[1,", "left_children\":[1.5,",
       ".left_children: expected whole numbers, got 1.5"},
      {"right_children\":[2,", "right_children\":[", ": expected arrays of 5 nodes, got one of 4"},
      {"default_left\":[1", "default_left\":[2", ".default_left: expected zeros and ones, got 2"},
      {"categories_sizes\":[2]", "categories_sizes\":[3]",
       ": categories of node 2: expected them from 0 to at most 2, got 3 from 0"},
      {"categories_segments\":[0]", "categories_segments\":[1]",
       ": categories of node 2: expected them from 0 to at most 2, got 2 from 1"},
      {"categories\":[1,", "categories\":[-1,", ": expected categories in [0, 16777216), got -1"},
      {"categories_nodes\":[2]", "categories_nodes\":[1]", ": node 2 has no categories"},
  };
  for (const Case& c : cases)
    EXPECT_EQ(Refusal(Replaced(c.from, c.to)), fmt::format("{}{}", kTree, c.what)) << c.to;
}

TEST(XgboostTest, BrokenParametersAreRefused) {
  struct Case {
    std::string_view from, to, what;
  };
  const Case cases[] = {
      {"num_feature\":\"2\"", "num_feature\":\"99999999999\"",
       "learner.learner_model_param.num_feature: expected a number in [0, 2147483647], got "
       "99999999999"},
      {"num_feature\":\"2\"", "num_feature\":\"1\"",
       "learner.feature_names: expected 1 names, got 2"},
      {"[\"a\",\"b\"]", "[\"a\",\"a\"]",
       "learner.feature_names[1]: expected names that are unique, got \"a\" again"},
      {"num_class\":\"0\"", "num_class\":\"2000000000\"",
       "learner.learner_model_param.num_class: expected a number in [0, 1048576], got 2000000000"},
      {"num_class\":\"0\"", "num_class\":\"three\"",
       "learner.learner_model_param.num_class: expected a whole number, got \"three\""},
      {"tree_info\":[0]", "tree_info\":[7]",
       "XGBoost model: tree 0: expected an output below 1, got 7"},
      {"tree_info\":[0]", "tree_info\":[0,0]",
       "learner.gradient_booster.model: expected tree_info of 1 trees, got 2"},
      {"\"5E-1\"", "\"NaN\"",
       "learner.learner_model_param.base_score: JSON, byte 0: NaN and Infinity are no JSON "
       "numbers"},
      {"\"5E-1\"", "\"[5E-1,5E-1]\"", "XGBoost model: base_score: expected 1 or 1 values, got 2"},
      {"[5E-1,1E0", "[NaN,1E0",
       "XGBoost model: tree 0: split 0: expected a number as threshold, got NaN"},
      {"[5E-1,1E0", "[5E-1,1E99",
       "XGBoost model: JSON, byte 385: expected a number within the range of a 32-bit float, got "
       "1E99"},
      {"gbtree\"}", "gbforest\"}",
       "learner.gradient_booster.name: booster \"gbforest\" is not supported: gbtree, dart, "
       "gblinear"},
  };
  for (const Case& c : cases) EXPECT_EQ(Refusal(Replaced(c.from, c.to)), c.what) << c.to;
  const std::string nameless = Replaced("[\"a\",\"b\"]", "[]");
  EXPECT_EQ(Refusal(Replaced("num_feature\":\"2\"", "num_feature\":\"0\"", nameless)),
            "XGBoost model: num_feature: expected at least 1, got 0");
  EXPECT_EQ(Refusal(Replaced("num_feature\":\"2\"", "num_feature\":\"1\"", nameless)),
            "XGBoost model: tree 0: split 1: expected a feature below 1, got 1");
}

// Or a file of a few megabytes could ask for many terabytes.
TEST(XgboostTest, LeavesThatShareTheirWeightsAreRefused) {
  const std::string shared = Replaced(
      "\"num_nodes\":\"5\"", "\"size_leaf_vector\":\"2\"",
      Replaced("\"categories\"", "\"leaf_weights\":[1E0,2E0],\"categories\"",
               Replaced("\"right_children\":[2,-1,4,-1,-1]", "\"right_children\":[2,0,4,0,0]")));
  EXPECT_THAT(Refusal(shared), HasSubstr("expected rows of weights that are not shared"));
}

/// kSmall with the categories of its columns.
std::string WithCategories(std::string_view enc) {
  return Replaced("\"gbtree_model_param\"",
                  fmt::format("\"cats\":{{\"enc\":{}}},\"gbtree_model_param\"", enc));
}

TEST(XgboostTest, ColumnsOfWordsHaveInputsOfTheirOwn) {
  const auto imported = ImportText(WithCategories(
      R"([{"type":15,"values":[10,20]},{"offsets":[0,1,3],"values":[97,195,159]}])"));
  ASSERT_TRUE(imported.ok()) << imported.status();
  const auto inputs = testing::InfoOf(*imported).signature.inputs;
  ASSERT_THAT(inputs, SizeIs(2));
  EXPECT_EQ(inputs[0].dtype, DType::kFp32);
  EXPECT_EQ(inputs[1].dtype, DType::kBytes);
  EXPECT_EQ(testing::InfoOf(*imported).operators["ai.onnx.ml.LabelEncoder"], 2);
  ASSERT_THAT(imported->warnings, SizeIs(1));
}

TEST(XgboostTest, CategoriesOfNumbersAloneStayCodes) {
  const auto imported =
      ImportText(WithCategories(R"([{"type":15,"values":[10]},{"offsets":[],"values":[]}])"));
  ASSERT_TRUE(imported.ok()) << imported.status();
  EXPECT_EQ(testing::InfoOf(*imported).signature.inputs.at(0).name, "input");
}

TEST(XgboostTest, CategoriesThatLieAreRefused) {
  constexpr std::string_view kPlace = "learner.gradient_booster.model.cats.enc";
  struct Case {
    std::string_view enc, what;
  };
  const Case cases[] = {
      {R"([{"offsets":[0,1],"values":[97]}])", ": expected those of 2 columns, got 1"},
      {R"([{"offsets":[0,9],"values":[97]},{"values":[]}])",
       "[0]: offsets: expected them to rise to at most 1, got 0 and 9"},
      {R"([{"offsets":[-1,1],"values":[97]},{"values":[]}])",
       "[0]: offsets: expected them to rise to at most 1, got -1 and 1"},
      {R"([{"offsets":[0,1],"values":[255]},{"values":[]}])",
       "[0]: values: expected words in UTF-8"},
      {R"([{"offsets":[0,1]},{"values":[]}])", "[0].values: expected to be there, got nothing"},
  };
  for (const Case& c : cases)
    EXPECT_EQ(Refusal(WithCategories(c.enc)), fmt::format("{}{}", kPlace, c.what)) << c.enc;
}

TEST(XgboostTest, UnknownObjectivesAreRefusedByName) {
  const auto imported = ImportText(Replaced("reg:squarederror", "my:objective"));
  ASSERT_FALSE(imported.ok());
  EXPECT_EQ(ReasonOf(imported.status()), Reason::kUnsupported);
  EXPECT_THAT(std::string(MessageOf(imported.status())), HasSubstr("my:objective"));
}

TEST(XgboostTest, DeepNestingIsRefusedInBothEncodings) {
  EXPECT_THAT(Refusal("{\"a\":" + std::string(100'000, '[')), HasSubstr("32"));
  std::string ubjson;
  for (int i = 0; i < 100'000; ++i) ubjson += std::string("{L\0\0\0\0\0\0\0\1a", 11);
  EXPECT_THAT(Refusal(ubjson), HasSubstr("nesting of at most 32 levels"));
}

TEST(XgboostTest, LyingCountsOfUbjsonAreRefusedBeforeMemoryIsAskedFor) {
  const std::string head("{L\0\0\0\0\0\0\0\1a[", 12);
  const std::string much("L\x7f\xff\xff\xff\xff\xff\xff\xff", 9);
  EXPECT_THAT(Refusal(head + "$d#" + much), HasSubstr("9223372036854775807 elements, got 0"));
  EXPECT_THAT(Refusal(head + "#" + much), HasSubstr("9223372036854775807 elements, got 0"));
}

TEST(XgboostTest, MoreValuesThanTheLimitAreRefused) {
  const auto imported = ImportText(kSmall, {.max_objects = 20});
  ASSERT_FALSE(imported.ok());
  EXPECT_EQ(ReasonOf(imported.status()), Reason::kTooLarge);
}

TEST(XgboostTest, CutFilesAreRefused) {
  for (const auto* name : {"binary_logistic.json", "forest.ubj", "1.7.6/dart.bst"})
    testing::ExpectCutFilesAreRefused(ReadFile(kModels / name), 500,
                                      [](std::string_view text) { return ImportText(text); });
}

TEST(XgboostTest, FlippedBitsAreRefusedOrReadAsAnotherModel) {
  for (const auto* name : {"categories_partition.json", "vector_leaves_ubjson.ubj",
                           "1.7.6/multi_softprob.bst", "1.7.6/gblinear.bst"})
    testing::ExpectFlippedBitsAreHarmless(ReadFile(kModels / name), 1000,
                                          [](std::string_view text) { return ImportText(text); });
}

}  // namespace
}  // namespace slipway::importing
