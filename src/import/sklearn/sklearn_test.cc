#include "import/sklearn/sklearn.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "import/pickle/testing/assembler.h"
#include "import/testing/models.h"
#include "text/json_reader.h"

namespace slipway::importing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

using testing::InfoOf;
using testing::ReadFile;

const std::filesystem::path kModels = testing::ModelsOf("sklearn");

StatusOr<Imported> ImportPickle(const std::string& bytes) {
  ASSIGN_OR_RETURN(const auto document, pickle::Read(std::as_bytes(std::span(bytes))));
  return ImportScikitLearn(*document);
}

std::string Refusal(const std::string& bytes) {
  const auto imported = ImportPickle(bytes);
  return imported.ok() ? "" : std::string(MessageOf(imported.status()));
}

/// An instance as a pickle of protocol 0 spells it; `state` is the inside of a dict.
std::string Instance(std::string_view module, std::string_view name, std::string_view state) {
  return fmt::format("c{}\n{}\n)\x81}}({}ub", module, name, state);
}
std::string File(std::string_view object) { return fmt::format("\x80\x02{}.", object); }
std::string Linear(std::string_view state) {
  return Instance("sklearn.linear_model._base", "LinearRegression", state);
}

/// The keys of the object under `key` of a JSON text.
std::set<std::string> KeysUnder(std::string_view json, std::string_view wanted) {
  std::set<std::string> keys;
  JsonReader reader(json);
  EXPECT_TRUE(reader.BeginObject().ok());
  for (std::string_view key; *reader.NextKey(&key);) {
    if (key != wanted) {
      EXPECT_TRUE(reader.Skip().ok());
      continue;
    }
    EXPECT_TRUE(reader.BeginObject().ok());
    for (std::string_view name; *reader.NextKey(&name);) {
      keys.emplace(name);
      EXPECT_TRUE(reader.Skip().ok());
    }
  }
  return keys;
}

std::set<std::string> NamesOf(const std::vector<TensorSpec>& specs) {
  std::set<std::string> names;
  for (const TensorSpec& spec : specs) names.insert(spec.name);
  return names;
}

// The answers are compared with scikit-learn's by tests/classical; this is their shape.
TEST(SklearnTest, EveryFixtureBecomesAModelWithItsInputsAndOutputs) {
  int models = 0;
  for (const auto& entry : std::filesystem::directory_iterator(kModels)) {
    if (entry.path().extension() != ".pkl") continue;
    ++models;
    SCOPED_TRACE(entry.path().filename().string());
    const auto imported = ImportPickle(ReadFile(entry.path()));
    ASSERT_TRUE(imported.ok()) << imported.status();
    EXPECT_EQ(imported->framework, "scikit-learn");
    EXPECT_FALSE(imported->framework_version.empty());
    const std::string expected =
        ReadFile(std::filesystem::path(entry.path()).replace_extension(".expected.json"));
    const onnx::ModelInfo info = InfoOf(*imported);
    EXPECT_EQ(NamesOf(info.signature.inputs), KeysUnder(expected, "inputs"));
    EXPECT_EQ(NamesOf(info.signature.outputs), KeysUnder(expected, "outputs"));
  }
  EXPECT_GT(models, 150);
}

TEST(SklearnTest, LabelsAndColumnNamesAreKept) {
  const auto words = ImportPickle(ReadFile(kModels / "logistic-regression.pkl"));
  ASSERT_TRUE(words.ok()) << words.status();
  EXPECT_THAT(words->labels.at("predict_proba"), ElementsAre("no", "yes"));
  const auto frame = ImportPickle(ReadFile(kModels / "pipeline-frame.pkl"));
  ASSERT_TRUE(frame.ok()) << frame.status();
  EXPECT_THAT(frame->features, ElementsAre("age", "height", "score", "pulse"));
}

TEST(SklearnTest, ColumnsAreCountedByWhatWasLearnedWhereTheFileKeepsNoNumber) {
  const auto imported = ImportPickle(ReadFile(kModels / "mlp-classifier-0.20.pkl"));
  ASSERT_TRUE(imported.ok()) << imported.status();
  EXPECT_THAT(InfoOf(*imported).signature.inputs[0].shape, ElementsAre(-1, 4));
  const auto polynomial = [](std::string_view count) {
    return File(Instance("sklearn.preprocessing.data", "PolynomialFeatures",
                         fmt::format("Vn_input_features_\n{}", count)));
  };
  EXPECT_EQ(Refusal(polynomial("I-1\n")),
            "PolynomialFeatures: n_features_in_: expected 1 to 4194304, got -1");
  EXPECT_THAT(Refusal(polynomial("F1e300\n")), HasSubstr("got 1e+300"));
  EXPECT_THAT(Refusal(polynomial("Vmany\n")), HasSubstr("n_features_in_: missing"));
}

TEST(SklearnTest, WhatOlderVersionsComputeOtherwiseIsRefusedOrTold) {
  EXPECT_EQ(Refusal(File(Instance("sklearn.ensemble.iforest", "IsolationForest",
                                  "Vbehaviour\nVold\nVn_features_\nI4\n"))),
            "IsolationForest: expected one of scikit-learn 0.22 or later, or of 0.21 with "
            "behaviour=\"new\"; fit it again");
}

TEST(SklearnTest, BoostersWithoutAModelAreRefused) {
  EXPECT_EQ(Refusal(File(Instance("catboost.core", "CatBoostRegressor", "Vdepth\nI3\n"))),
            "CatBoostRegressor: __model: missing; it was not fitted");
  EXPECT_THAT(Refusal(File(Instance("catboost.core", "CatBoostRegressor", "V__model\nVCBM1\n"))),
              HasSubstr("CatBoost"));
  EXPECT_THAT(Refusal(File(Instance("catboost.core", "CatBoostClassifier", "V__model\nI7\n"))),
              HasSubstr("__model: expected bytes or a str, got an int"));
}

TEST(SklearnTest, UnfittedScalersAreRefusedWhereverTheyStand) {
  for (const auto& [name, attribute] : {std::pair{"StandardScaler", "mean_"},
                                        {"RobustScaler", "center_"},
                                        {"MaxAbsScaler", "scale_"},
                                        {"MinMaxScaler", "scale_"}}) {
    const std::string scaler = Instance("sklearn.preprocessing._data", name, "");
    const std::string line = Linear("S'n_features_in_'\nI2\n");
    const std::string steps = fmt::format("S'steps'\n(lp0\n(S's'\n{}ta(S'l'\n{}ta", scaler, line);
    EXPECT_THAT(
        Refusal(File(Instance("sklearn.pipeline", "Pipeline", "S'n_features_in_'\nI2\n" + steps))),
        HasSubstr(fmt::format("{} (steps[0]): {}: missing; the estimator was not fitted", name,
                              attribute)));
  }
}

TEST(SklearnTest, EqualRowsWithDifferentTargetsAreTold) {
  const auto ties = ImportPickle(ReadFile(kModels / "neighbors-ties.pkl"));
  ASSERT_TRUE(ties.ok()) << ties.status();
  EXPECT_THAT(ties->warnings, ElementsAre(HasSubstr("equal and have different targets")));
  const auto none = ImportPickle(ReadFile(kModels / "neighbors-uniform-two.pkl"));
  ASSERT_TRUE(none.ok()) << none.status();
  EXPECT_THAT(none->warnings, SizeIs(0));
}

TEST(SklearnTest, CategoriesThatRequestsCannotTellApartAreRefused) {
  using namespace pickle::testing;
  const auto encoder = [](std::initializer_list<std::string> categories) {
    std::string list = "(";
    for (const std::string& category : categories) list += category;
    const std::string array =
        Ndarray(Tuple({Int(static_cast<int64_t>(categories.size()))}), Type("O", "|"), list + "l");
    return Refusal(
        File(Instance("sklearn.preprocessing._encoders", "OneHotEncoder",
                      fmt::format("S'n_features_in_'\nI1\nS'categories_'\n({}l", array))));
  };
  EXPECT_EQ(encoder({Text("a"), Text("")}), "");
  EXPECT_EQ(encoder({Text("a"), "N"}), "");
  EXPECT_EQ(encoder({Text(""), "N"}),
            "OneHotEncoder: categories_[0]: an empty string beside a missing value, for which it "
            "stands in requests");
  EXPECT_EQ(encoder({Text("a"), "N", "Fnan\n"}),
            "OneHotEncoder: categories_[0]: both None and NaN");
}

TEST(SklearnTest, TablesWithTextHaveAnInputForEachColumn) {
  const auto imported = ImportPickle(ReadFile(kModels / "columns-mixed.pkl"));
  ASSERT_TRUE(imported.ok()) << imported.status();
  const auto inputs = InfoOf(*imported).signature.inputs;
  ASSERT_THAT(inputs, SizeIs(4));
  EXPECT_EQ(inputs[0].name, "age");
  EXPECT_EQ(inputs[0].dtype, DType::kFp64);
  EXPECT_EQ(inputs[1].name, "colour");
  EXPECT_EQ(inputs[1].dtype, DType::kBytes);
  EXPECT_THAT(imported->features, SizeIs(0));
}

TEST(SklearnTest, WhatNoOutputNeedsIsLeftOut) {
  const auto imported = ImportPickle(ReadFile(kModels / "pipeline-lda.pkl"));
  ASSERT_TRUE(imported.ok()) << imported.status();
  // The discriminant's own probabilities are not asked for, only its projection.
  EXPECT_EQ(InfoOf(*imported).operators.at("Softmax"), 1);
}

TEST(SklearnTest, TheSameFileGivesTheSameModel) {
  const std::string bytes = ReadFile(kModels / "columns-mixed.pkl");
  const auto first = ImportPickle(bytes), second = ImportPickle(bytes);
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_EQ(first->model, second->model);
}

TEST(SklearnTest, BrokenStatesAreRefusedByClassAttributeAndWhatStandsThere) {
  const std::pair<std::string, std::string_view> kCases[] = {
      {Linear("S'n_features_in_'\nI2\nS'coef_'\n}"),
       "LinearRegression: coef_: expected a number array [-1,2], got a dict"},
      {Linear("S'n_features_in_'\nI2\n"),
       "LinearRegression: coef_: missing; the estimator was not fitted before it was saved, or by "
       "a version of scikit-learn that is not known"},
      {Linear("S'n_features_in_'\nS'two'\n"),
       "LinearRegression: n_features_in_: expected a number, got a str"},
      {Linear("S'n_features_in_'\nF1.5\n"),
       "LinearRegression: n_features_in_: expected a whole number, got 1.5"},
      {Linear("S'n_features_in_'\nI-1\n"),
       "LinearRegression: n_features_in_: expected 1 to 4194304, got -1"},
      {Linear("S'n_features_in_'\nI999999999999\n"),
       "LinearRegression: n_features_in_: expected 1 to 4194304, got 999999999999"},
      {Instance("sklearn.pipeline", "Pipeline", "S'steps'\n(lp0\n"),
       "Pipeline: steps: expected at least one estimator, got none"},
      {Instance("sklearn.pipeline", "Pipeline", "S'steps'\n(lp0\nI7\na"),
       "Pipeline: steps[0]: expected a tuple, got an int"},
      {"I5\n", "the file: expected a fitted estimator, got an int"},
  };
  for (const auto& [object, message] : kCases) EXPECT_EQ(Refusal(File(object)), message);
}

TEST(SklearnTest, UnsupportedClassesAreNamedWithWhatIsNear) {
  EXPECT_EQ(Refusal(File(Instance("sklearn.linear_model", "LinearRegresion", ""))),
            "sklearn.linear_model.LinearRegresion: expected a supported estimator; did you mean "
            "\"LinearRegression\"?");
  EXPECT_EQ(Refusal(File(Instance("sklearn.manifold._t_sne", "TSNE", ""))),
            "sklearn.manifold._t_sne.TSNE: expected a supported estimator");
}

TEST(SklearnTest, GlobalsThatAreNoEstimatorsAreExplained) {
  EXPECT_THAT(Refusal(File("cposix\nsystem\n(S'true'\ntR")),
              HasSubstr("byte 2: names posix.system, which no fitted estimator needs"));
  EXPECT_THAT(Refusal(File(Instance("__main__", "MyModel", ""))),
              HasSubstr("only where the script that wrote it is importable"));
  EXPECT_THAT(Refusal(File(Instance("shop.models", "Ranker", ""))),
              HasSubstr("only where shop is importable"));
}

TEST(SklearnTest, AFileThatIsOnlyTheNameOfAFunctionIsExplained) {
  EXPECT_EQ(
      Refusal(File("cshop\npredict\n")),
      "byte 2: names shop.predict, which is not scikit-learn's: of a class or function the file "
      "holds the name and the attributes, never the code, so it runs only where shop is "
      "importable. Save the fitted scikit-learn estimators inside it "
      "(pickle.dump(model.estimator, file)), replace own functions by scikit-learn's "
      "transformers, or export to ONNX");
}

TEST(SklearnTest, FunctionsWithoutCounterpartAreRefusedByName) {
  const auto transformer = [](std::string_view function) {
    return Refusal(
        File(Instance("sklearn.preprocessing._function_transformer", "FunctionTransformer",
                      fmt::format("S'n_features_in_'\nI2\nS'func'\n{}", function))));
  };
  EXPECT_EQ(transformer("cnumpy\nsqrt\n"), "");
  EXPECT_EQ(transformer("cnumpy\ncbrt\n"),
            "FunctionTransformer: func: numpy.cbrt has no counterpart");
  EXPECT_THAT(transformer("cnumpy\nload\n"), HasSubstr("names numpy.load"));
  EXPECT_THAT(transformer("cshop\nhalved\n"), HasSubstr("names shop.halved, which is not"));
  EXPECT_EQ(transformer("I7\n"),
            "FunctionTransformer: func: expected None or a function of numpy, got an int");
}

TEST(SklearnTest, APipelineThatHoldsItselfIsRefused) {
  // Its state names it again from the memo.
  const std::string self =
      "csklearn.pipeline\nPipeline\n)\x81p0\n}(S'steps'\n(lp1\n(S'a'\ng0\ntp2\naub";
  EXPECT_THAT(Refusal(File(self)), HasSubstr("nest deeper than 32"));
}

TEST(SklearnTest, TheOnlyEstimatorOfADictIsFound) {
  const std::string model = ReadFile(kModels / "ridge.pkl");
  const auto alone = ImportPickle(model);
  ASSERT_TRUE(alone.ok()) << alone.status();
  // Protocol, frame and STOP of the file go; the rest stands in a dict.
  const std::string object = model.substr(11, model.size() - 12);
  const auto found = ImportPickle("\x80\x04}(S'model'\n" + object + "S'made'\nI2024\nu.");
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->model, alone->model);
  EXPECT_THAT(found->warnings, ElementsAre("The file holds 2 things; only Ridge is used."));
}

TEST(SklearnTest, DamagedFixturesAreRefusedOrRead) {
  for (const std::string_view name :
       {"columns-mixed", "random-forest", "quantile-normal", "spline-linear-3", "bisecting-kmeans",
        "gaussian-process-rbf"}) {
    const std::string bytes = ReadFile(kModels / fmt::format("{}.pkl", name));
    for (size_t i = 0; i < bytes.size(); i += 7) {
      std::string damaged = bytes;
      damaged[i] = static_cast<char>(damaged[i] ^ (1 << (i % 8)));
      static_cast<void>(ImportPickle(damaged));
      static_cast<void>(ImportPickle(bytes.substr(0, i)));
    }
  }
}

}  // namespace
}  // namespace slipway::importing
