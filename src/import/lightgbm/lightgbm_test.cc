#include "import/lightgbm/lightgbm.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "import/testing/models.h"

namespace slipway::importing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

using testing::ReadFile;
using testing::RefusalOf;

const std::filesystem::path kModels = testing::ModelsOf("lightgbm");

StatusOr<Imported> ImportText(std::string_view text) { return ImportLightgbm(text); }

/// Operators of the graph, by name.
std::map<std::string, int64_t> OperatorsOf(std::string_view text) {
  const auto imported = ImportLightgbm(text);
  EXPECT_TRUE(imported.ok()) << imported.status();
  return testing::InfoOf(*imported).operators;
}

/// x0 <= 0.5 ? 1 : (x1 in {1, 33} ? 2 : 3)
constexpr std::string_view kSmall =
    "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nlabel_index=0\nmax_feature_idx=1\n"
    "objective=regression\nfeature_names=a b\nfeature_infos=[0:1] 0:1\n\n"
    "Tree=0\nnum_leaves=3\nnum_cat=1\nsplit_feature=0 1\nthreshold=0.5 0\ndecision_type=2 1\n"
    "left_child=-1 -2\nright_child=1 -3\nleaf_value=1 2 3\ncat_boundaries=0 2\n"
    "cat_threshold=2 2\nis_linear=0\nshrinkage=1\n\n\nend of trees\n\nfeature_importances:\n"
    "a=1\n\npandas_categorical:null\n";

std::string Replaced(std::string_view from, std::string_view to) {
  return testing::Replaced(kSmall, from, to);
}

std::string Refusal(std::string_view text) { return RefusalOf(ImportText(text)); }

TEST(LightgbmTest, NamesOfColumnsAreThoseThatLightgbmWasGiven) {
  EXPECT_THAT(ImportLightgbm(kSmall)->features, ElementsAre("a", "b"));
  EXPECT_THAT(ImportLightgbm(Replaced("=a b", "=Column_0 Column_1"))->features, IsEmpty());
}

TEST(LightgbmTest, LinesMayEndAsOnWindows) {
  std::string text;
  for (const char c : kSmall) text += c == '\n' ? std::string("\r\n") : std::string(1, c);
  EXPECT_EQ(ImportLightgbm(text)->model, ImportLightgbm(kSmall)->model);
}

TEST(LightgbmTest, ListsOfNumbersAreTold) {
  const auto imported = ImportLightgbm(ReadFile(kModels / "pandas_numbers.txt"));
  ASSERT_TRUE(imported.ok()) << imported.status();
  ASSERT_THAT(imported->warnings, SizeIs(1));
  EXPECT_THAT(imported->warnings[0], HasSubstr("[[0.0, 10.0, 20.0, 30.0, 40.0]]"));
}

TEST(LightgbmTest, ColumnsOfWordsHaveInputsOfTheirOwn) {
  const auto imported = ImportText(Replaced("categorical:null", R"(categorical:[["x", "y"]])"));
  ASSERT_TRUE(imported.ok()) << imported.status();
  const auto inputs = testing::InfoOf(*imported).signature.inputs;
  ASSERT_THAT(inputs, SizeIs(2));
  EXPECT_EQ(inputs[0].name, "a");
  EXPECT_EQ(inputs[0].dtype, DType::kFp64);
  EXPECT_EQ(inputs[1].name, "b");
  EXPECT_EQ(inputs[1].dtype, DType::kBytes);
  EXPECT_THAT(imported->warnings, IsEmpty());
}

TEST(LightgbmTest, ListsThatFitNoColumnsLeaveCodes) {
  for (const std::string_view lists : {R"([["x"], ["y"]])", R"([["x", 1]])", R"([[["x"]]])",
                                       R"({"x": 1})", R"(["x"])", "nonsense"}) {
    const auto imported = ImportText(Replaced("null", lists));
    ASSERT_TRUE(imported.ok()) << imported.status();
    EXPECT_THAT(testing::InfoOf(*imported).signature.inputs, SizeIs(1)) << lists;
    EXPECT_THAT(imported->warnings, SizeIs(1)) << lists;
  }
}

TEST(LightgbmTest, ColumnsOfWordsNeedNamesThatAreTheirOwn) {
  const std::string words = Replaced("categorical:null", R"(categorical:[["x", "y"]])");
  EXPECT_EQ(Refusal(testing::Replaced(words, "=a b", "=a a")),
            "column \"a\": expected names that are unique and not those of outputs");
  EXPECT_EQ(Refusal(testing::Replaced(words, "=a b", "=predict b")),
            "column \"predict\": expected names that are unique and not those of outputs");
}

TEST(LightgbmTest, FewerRoundsMayAnswerInAGraphOfOtherThings) {
  const std::string text = ReadFile(kModels / "multiclass.txt");
  const auto size_of = [&](int64_t rounds) {
    Graph graph;
    const Matrix x = graph.Input("x", DType::kFp32, 4);
    const auto predictions = AddLightgbm(graph, [&](Graph&, const ModelColumns&) { return x; },
                                         text, {}, {.rounds = rounds});
    EXPECT_TRUE(predictions.ok()) << predictions.status();
    EXPECT_EQ(predictions->proba->columns, 3);
    return graph.Serialize()->size();
  };
  EXPECT_LT(size_of(2), size_of(0));
  EXPECT_EQ(size_of(3), size_of(0));
}

// decision_type: 2 is default-left, 4 that zero is missing. Zero is left of 0.5.
TEST(LightgbmTest, ZeroIsReadAsMissingOnlyWhereItGoesAnotherWay) {
  EXPECT_EQ(OperatorsOf(Replaced("decision_type=2 1", "decision_type=6 1")).count("Where"), 0);
  EXPECT_EQ(OperatorsOf(Replaced("decision_type=2 1", "decision_type=4 1")).count("Where"), 1);
}

TEST(LightgbmTest, BrokenTreesAreRefusedByTreeAndKey) {
  struct Case {
    std::string_view from, to, what;
  };
  const Case cases[] = {
      {"right_child=1", "right_child=7", "tree 0: split 0: expected a split below 2, got 7"},
      {"right_child=1", "right_child=0", "tree 0: split 0: split 0 is reached twice"},
      {"left_child=-1", "left_child=-9", "tree 0: split 0: expected a leaf below 3, got 8"},
      {"left_child=-1 -2", "left_child=-1", "tree 0: left_child: expected 2 numbers, got 1"},
      {"left_child=-1", "left_child=one", "tree 0: left_child: expected a number, got \"one -2\""},
      {"split_feature=0", "split_feature=2", "tree 0: split 0: expected a feature below 2, got 2"},
      {"num_leaves=3", "num_leaves=2000000000",
       "tree 0: leaf_value: expected 2000000000 numbers, got 3"},
      {"num_leaves=3", "num_leaves=0",
       "tree 0: num_leaves: expected a number in [1, 2147483647], got 0"},
      {"threshold=0.5", "threshold=nan",
       "tree 0: split 0: expected a number as threshold, got NaN"},
      {"threshold=0.5 0", "threshold=0.5 1", "tree 0: threshold: expected a set below 1, got 1"},
      {"threshold=0.5 0", "threshold=0.5 -1", "tree 0: threshold: expected a set below 1, got -1"},
      {"decision_type=2", "decision_type=14",
       "tree 0: decision_type: expected bits that are known, got 14"},
      {"num_cat=1", "num_cat=0", "tree 0: threshold: expected a set below 0, got 0"},
      {"cat_boundaries=0 2", "cat_boundaries=0 3",
       "tree 0: cat_threshold: expected 3 numbers, got 2"},
      {"cat_boundaries=0 2", "cat_boundaries=1 2",
       "tree 0: cat_boundaries: expected to go from 0 to the number of words"},
      {"leaf_value=1 2 3\n", "", "tree 0: leaf_value: expected to be there, got nothing"},
  };
  for (const Case& c : cases)
    EXPECT_EQ(Refusal(Replaced(c.from, c.to)), fmt::format("LightGBM model: {}", c.what)) << c.to;
}

TEST(LightgbmTest, BrokenHeadersAreRefused) {
  struct Case {
    std::string_view from, to, what;
  };
  const Case cases[] = {
      {"version=v4", "version=v9", "version v9 of the text is not supported: v2, v3, v4"},
      {"max_feature_idx=1", "max_feature_idx=-1",
       "max_feature_idx: expected a number in [0, 2147483646], got -1"},
      {"num_tree_per_iteration=1", "num_tree_per_iteration=2000000000",
       "num_tree_per_iteration: expected a number in [1, 1048576], got 2000000000"},
      {"num_tree_per_iteration=1", "num_tree_per_iteration=2",
       "expected 2 trees in each round, got 1 in all"},
      {"feature_names=a b", "feature_names=a", "feature_names: expected 2 names, got 1"},
      {"objective=regression", "objective=mine", "objective \"mine\" is not supported"},
      {"objective=regression", "objective=binary sigmoid:-1",
       "objective: expected a number above 0 as sigmoid, got \"-1\""},
      {"is_linear=0", "is_linear=1",
       "linear trees (linear_tree=true) are not supported: train with linear_tree=false"},
      {"end of trees", "nothing", "expected \"end of trees\" after tree 1"},
      {"tree\n", "oak\n", "expected \"tree\" as first line"},
  };
  for (const Case& c : cases)
    EXPECT_EQ(Refusal(Replaced(c.from, c.to)), fmt::format("LightGBM model: {}", c.what)) << c.to;
}

TEST(LightgbmTest, SetsOfCategoriesBeyondTheLimitAreRefused) {
  const auto imported = ImportLightgbm(kSmall, {.max_objects = 1});
  ASSERT_FALSE(imported.ok());
  EXPECT_EQ(ReasonOf(imported.status()), Reason::kTooLarge);
}

TEST(LightgbmTest, CutFilesAreRefused) {
  const std::string text = ReadFile(kModels / "categories.txt");
  const size_t end = text.find("end of trees");
  ASSERT_NE(end, std::string::npos);
  testing::ExpectCutFilesAreRefused(std::string_view(text).substr(0, end), 1000, ImportText);
}

TEST(LightgbmTest, FlippedBitsAreRefusedOrReadAsAnotherModel) {
  for (const auto* name : {"categories.txt", "multiclassova.txt", "zero_is_missing_large.txt"})
    testing::ExpectFlippedBitsAreHarmless(ReadFile(kModels / name), 1500, ImportText);
}

}  // namespace
}  // namespace slipway::importing
