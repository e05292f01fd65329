// Small files that ask for much: shared parts, products of sizes, numbers out of any range.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <fstream>
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
