// Small files that ask for much: shared parts, products of sizes, numbers out of any range.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>

#include "import/pickle/testing/assembler.h"
#include "import/sklearn/sklearn.h"

namespace slipway::importing {
namespace {

using ::testing::HasSubstr;

std::string Fixture(std::string_view name) {
  const std::filesystem::path models = SLIPWAY_SOURCE_DIR "/tests/models/sklearn";
  std::ifstream file(models / name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

StatusOr<Imported> ImportPickle(const std::string& bytes, const Limits& limits = {}) {
  ASSIGN_OR_RETURN(const auto document, pickle::Read(std::as_bytes(std::span(bytes))));
  return ImportScikitLearn(*document, limits);
}

std::string Refusal(const std::string& bytes, const Limits& limits = {}) {
  const auto imported = ImportPickle(bytes, limits);
  return imported.ok() ? "" : std::string(MessageOf(imported.status()));
}

/// A file of protocol 2; `state` is the inside of its object's dict.
std::string File(std::string_view module, std::string_view name, std::string_view state) {
  return fmt::format(
      "\x80\x02"
      "c{}\n{}\n)\x81}}({}ub.",
      module, name, state);
}

/// The object of a fixture, without protocol, frame and STOP.
std::string ObjectOf(std::string_view name) {
  const std::string file = Fixture(name);
  return file.substr(11, file.size() - 12);
}

/// A list of `count` elements, all of them the one that the opcodes `element` make.
std::string ListOfOne(std::string_view element, int count) {
  std::string list = fmt::format("(l{}p9000\na", element);
  for (int i = 1; i < count; ++i) list += "g9000\na";
  return list;
}

/// A fixture with the first number of an attribute of its root, an array, replaced.
std::string WithNumber(std::string_view name, std::string_view key, double number) {
  std::string file = Fixture(name);
  const auto bytes = std::as_bytes(std::span(file));
  const auto document = pickle::Read(bytes);
  EXPECT_TRUE(document.ok()) << document.status();
  const auto value = (*document)->root().state().Find(key);
  EXPECT_TRUE(value.has_value()) << key;
  const pickle::Value array = value->is(pickle::Kind::kTuple) ? value->at(0) : *value;
  const auto at = static_cast<size_t>(array.array().bytes.data() - bytes.data());
  EXPECT_LT(at, file.size()) << key;
  std::memcpy(file.data() + at, &number, sizeof(number));
  return file;
}

using FindTree = pickle::Value (*)(pickle::Value root);

pickle::Value OnlyTree(pickle::Value root) { return *root.state().Find("tree_"); }
pickle::Value FirstPredictor(pickle::Value root) {
  return root.state().Find("_predictors")->at(0).at(0);
}

/// A fixture in which one field of one node of a tree holds `number`. The node: the first whose
/// field `where` is not 0.
template <typename T>
std::string WithNodeField(std::string_view name, FindTree find, std::string_view field, T number,
                          std::string_view where = "") {
  std::string file = Fixture(name);
  const auto bytes = std::as_bytes(std::span(file));
  const auto document = pickle::Read(bytes);
  EXPECT_TRUE(document.ok()) << document.status();
  const auto nodes = find((*document)->root()).state().Find("nodes");
  EXPECT_TRUE(nodes.has_value()) << name;
  const pickle::Array& array = nodes->array();
  size_t node = 0;
  if (!where.empty()) {
    const std::vector<int64_t> flags = *array.Field(where)->Integers();
    node = static_cast<size_t>(std::ranges::find_if(flags, std::identity()) - flags.begin());
    EXPECT_LT(node, flags.size()) << where;
  }
  const auto of = std::ranges::find(array.type.fields, field, &pickle::ArrayType::Field::name);
  EXPECT_TRUE(of != array.type.fields.end() && of->item_bytes == sizeof(T)) << field;
  const size_t at = static_cast<size_t>(array.bytes.data() - bytes.data()) +
                    node * array.type.item_bytes + of->offset_bytes;
  EXPECT_LT(at, file.size()) << field;
  std::memcpy(file.data() + at, &number, sizeof(number));
  return file;
}

TEST(SklearnHostileTest, NodesOfTreesThatAreNoTreeAreRefused) {
  constexpr std::string_view kTree = "decision-tree-regressor.pkl";
  const auto with = [&](std::string_view field, auto number) {
    return Refusal(WithNodeField(kTree, OnlyTree, field, number));
  };
  EXPECT_THAT(with("left_child", int64_t{0}), HasSubstr("split 0: split 0 is reached twice"));
  EXPECT_THAT(with("right_child", int64_t{0}), HasSubstr("split 0: split 0 is reached twice"));
  EXPECT_THAT(with("left_child", int64_t{1'000'000'000}),
              HasSubstr("tree_: node 0: expected children below"));
  EXPECT_THAT(with("right_child", int64_t{-1}), HasSubstr("tree_: node 0: expected children"));
  EXPECT_THAT(with("left_child", int64_t{-1}), HasSubstr("leaves below"));  // the root is no split
  EXPECT_THAT(with("feature", int64_t{99}), HasSubstr("expected a feature below 4, got 99"));
  EXPECT_THAT(with("feature", int64_t{-7}), HasSubstr("expected a feature below 4, got -7"));
  EXPECT_THAT(with("threshold", std::nan("")), HasSubstr("expected a number as threshold"));
}

TEST(SklearnHostileTest, NodesOfHistogramTreesThatAreNoTreeAreRefused) {
  constexpr std::string_view kBoosting = "hist-boosting-members.pkl";
  const auto with = [&](std::string_view field, auto number) {
    return Refusal(WithNodeField(kBoosting, FirstPredictor, field, number));
  };
  EXPECT_THAT(with("left", uint32_t{0}), HasSubstr("split 0: split 0 is reached twice"));
  EXPECT_THAT(with("right", uint32_t{0}), HasSubstr("split 0: split 0 is reached twice"));
  EXPECT_THAT(with("left", uint32_t{1'000'000'000}),
              HasSubstr("nodes[0]: expected children below"));
  EXPECT_THAT(with("is_leaf", uint8_t{1}), HasSubstr("leaves below"));
  EXPECT_THAT(with("feature_idx", int64_t{99}), HasSubstr("expected a feature below"));
  EXPECT_THAT(Refusal(WithNodeField(kBoosting, FirstPredictor, "bitset_idx", uint32_t{1'000'000},
                                    "is_categorical")),
              HasSubstr("expected a category set below"));
}

TEST(SklearnHostileTest, ForestsWhoseTargetsAreNotTheirTreesAreRefused) {
  const auto forest = [](std::string_view targets) {
    return Refusal(
        File("sklearn.ensemble._forest", "RandomForestRegressor",
             fmt::format("S'n_features_in_'\nI4\nS'n_outputs_'\nI{}\nS'estimators_'\n{}", targets,
                         ListOfOne(ObjectOf("decision-tree-regressor-1.2.pkl"), 2))));
  };
  EXPECT_EQ(forest("1"), "");
  EXPECT_THAT(forest("3"), HasSubstr("tree_.values: expected [-1,3,1]"));
  EXPECT_THAT(forest("4000000000"), HasSubstr("tree_.values: expected [-1,4000000000,1]"));
  EXPECT_THAT(forest("0"), HasSubstr("n_outputs_: expected 1 or more, got 0"));
  EXPECT_THAT(forest("-1"), HasSubstr("n_outputs_: expected 1 or more, got -1"));
}

TEST(SklearnHostileTest, WhatIsSharedIsCountedForEachUse) {
  const std::string state = fmt::format(
      "S'transformer_list'\n{}", ListOfOne("(S'a'\n" + ObjectOf("ordinal-1.2.pkl") + "t", 50'000));
  const std::string united = File("sklearn.pipeline", "FeatureUnion", state);
  const auto refused = ImportPickle(united, {.free_bytes = 1 << 20, .bytes_per_byte = 1});
  EXPECT_EQ(ReasonOf(refused.status()), Reason::kTooLarge);
  EXPECT_THAT(std::string(MessageOf(refused.status())), HasSubstr("bytes"));
}

TEST(SklearnHostileTest, OneTreeManyTimesOverIsRefused) {
  std::string tree = ObjectOf("decision-tree-regressor-1.2.pkl");
  const std::string forest =
      File("sklearn.ensemble._forest", "RandomForestRegressor",
           fmt::format("S'n_features_in_'\nI4\nS'n_outputs_'\nI1\nS'estimators_'\n{}",
                       ListOfOne(tree, 20'000)));
  const auto refused = ImportPickle(forest, {.free_bytes = 1 << 20, .bytes_per_byte = 1});
  EXPECT_EQ(ReasonOf(refused.status()), Reason::kTooLarge);
  EXPECT_THAT(std::string(MessageOf(refused.status())),
              HasSubstr("each use of a shared array counted"));
}

TEST(SklearnHostileTest, AProductOfSizesIsCheckedBeforeMemoryIsAskedFor) {
  constexpr int32_t kColumns = 100'000;
  std::string labels;
  for (int32_t i = 0; i < kColumns; ++i) labels += pickle::testing::LittleEndian(i);
  using namespace pickle::testing;
  const std::string array = Ndarray(Tuple({Int(kColumns)}), Type("i4"), Bytes(labels));
  const std::string file =
      File("sklearn.cluster", "FeatureAgglomeration",
           fmt::format("S'n_features_in_'\nI{}\nS'labels_'\n{}", kColumns, array));
  EXPECT_THAT(Refusal(file),
              HasSubstr("FeatureAgglomeration: the ONNX model would take 80000000000 "
                        "bytes or more"));
}

TEST(SklearnHostileTest, ParametersOfDistributionsAreChecked) {
  constexpr double kInf = std::numeric_limits<double>::infinity();
  for (const double number : {-1e300, 0.0, kInf, std::nan("")})
    EXPECT_EQ(
        Refusal(WithNumber("bayesian-mixture-dirichlet.pkl", "weight_concentration_", number)),
        fmt::format("BayesianGaussianMixture: weight_concentration_: expected numbers above "
                    "0, got {}",
                    number));
  for (const double number : {-1e300, 1.0, kInf})
    EXPECT_THAT(Refusal(WithNumber("bayesian-mixture.pkl", "degrees_of_freedom_", number)),
                HasSubstr("degrees_of_freedom_: expected numbers above"));
}

TEST(SklearnHostileTest, PositionsAreWholeNumbersThatExist) {
  for (const std::string_view column : {"F0.5\n", "F1e300\n", "Fnan\n", "F-inf\n", "I7\n"})
    EXPECT_THAT(Refusal(File("sklearn.compose._column_transformer", "ColumnTransformer",
                             fmt::format("S'n_features_in_'\nI2\nS'transformers_'\n"
                                         "(lp0\n(S'a'\nS'passthrough'\n(lp1\n{}atp2\na",
                                         column))),
                HasSubstr("transformers_: expected a column below 2"));
}

}  // namespace
}  // namespace slipway::importing
