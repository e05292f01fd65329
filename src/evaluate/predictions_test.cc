#include "evaluate/predictions.h"

#include <cmath>
#include <limits>

#include "evaluate/testing/fake_runner.h"

namespace slipway::evaluate {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

data::Column Numbers(std::string name, std::vector<double> numbers) {
  data::Column column;
  column.name = std::move(name);
  column.numbers = std::move(numbers);
  return column;
}

data::Column Words(std::string name, std::vector<std::string> categories,
                   std::vector<int32_t> codes) {
  data::Column column;
  column.name = std::move(name);
  column.type = data::ColumnType::kCategory;
  column.categories = std::move(categories);
  column.codes = std::move(codes);
  return column;
}

data::Table TableOf(std::vector<data::Column> columns, size_t rows) {
  data::Table table;
  table.columns = std::move(columns);
  table.rows = rows;
  return table;
}

data::Target Classes(std::vector<std::string> labels, bool whole = false) {
  data::Target target;
  target.task = data::Task::kClassification;
  target.name = "y";
  target.labels = std::move(labels);
  target.integer_labels = whole;
  return target;
}

Signature Takes(std::vector<TensorSpec> inputs, std::vector<TensorSpec> outputs) {
  return {std::move(inputs), std::move(outputs)};
}

/// What the model was given, as numbers, run by run.
struct Given {
  std::vector<std::vector<double>> runs;
  std::vector<Shape> shapes;
};

/// A regression that answers the sum of each row.
FakeRunner SumOfRows(TensorSpec input, Given* given) {
  return {Takes({std::move(input)}, {{"predict", DType::kFp64, {-1}}}),
          [given](std::vector<NamedTensor> inputs, const std::vector<std::string>&) {
            const Tensor& tensor = inputs.front().tensor;
            const auto values = tensor.as<double>();
            given->runs.emplace_back(values.begin(), values.end());
            given->shapes.push_back(tensor.shape);
            const size_t rows = tensor.shape[0], width = values.size() / rows;
            std::vector<double> sums(rows);
            for (size_t i = 0; i < values.size(); ++i) sums[i / width] += values[i];
            return std::vector<NamedTensor>{
                {"predict", TensorOf(DType::kFp64, {tensor.shape[0]}, sums)}};
          }};
}

TEST(PredictTest, ColumnsGoToOneInputByTheirNames) {
  Given given;
  TensorSpec input{"input", DType::kFp64, {-1, 2}};
  input.columns = {"b", "a"};
  const auto predictions = Predict(
      SumOfRows(input, &given),
      TableOf({Numbers("a", {1, 2}), Numbers("other", {7, 7}), Numbers("b", {30, 40})}, 2), {});
  ASSERT_TRUE(predictions.ok()) << predictions.status();
  EXPECT_THAT(given.runs, ElementsAre(ElementsAre(30, 1, 40, 2)));
  EXPECT_THAT(predictions->values, ElementsAre(31, 42));
}

TEST(PredictTest, ColumnsGoInTheirOrderToAnInputWithoutNamesAndOfAnyShape) {
  Given given;
  const auto table = TableOf(
      {Numbers("a", {1}), Numbers("b", {2}), Numbers("c", {3}), Words("d", {"4.5"}, {0})}, 1);
  ASSERT_TRUE(Predict(SumOfRows({"image", DType::kFp64, {-1, 2, 2}}, &given), table, {}).ok());
  EXPECT_THAT(given.runs, ElementsAre(ElementsAre(1, 2, 3, 4.5)));
  EXPECT_THAT(given.shapes, ElementsAre(Shape{1, 2, 2}));
}

TEST(PredictTest, AModelOfAFixedBatchGetsItsRowsAndTheLastOnesRepeated) {
  Given given;
  const auto predictions = Predict(SumOfRows({"x", DType::kFp64, {2, 1}}, &given),
                                   TableOf({Numbers("x", {1, 2, 3})}, 3), {});
  EXPECT_THAT(given.runs, ElementsAre(ElementsAre(1, 2), ElementsAre(3, 3)));
  EXPECT_THAT(predictions->values, ElementsAre(1, 2, 3));
}

TEST(PredictTest, WordsAndNumbersGoToInputsOfTheirNames) {
  std::vector<std::string> words;
  const FakeRunner model(
      Takes({{"age", DType::kInt64, {-1, 1}}, {"city", DType::kBytes, {-1, 1}}},
            {{"predict", DType::kFp64, {-1}}}),
      [&](std::vector<NamedTensor> inputs, const std::vector<std::string>&) {
        BytesReader reader(inputs[1].tensor.data.bytes());
        for (std::string_view word; reader.Next(&word);) words.emplace_back(word);
        const auto ages = inputs[0].tensor.as<int64_t>();
        return std::vector<NamedTensor>{
            {"predict",
             TensorOf(DType::kFp64, {2}, std::vector<double>(ages.begin(), ages.end()))}};
      });
  const auto predictions = Predict(
      model, TableOf({Words("city", {"Bonn", "Köln"}, {1, -1}), Numbers("age", {20, 30})}, 2), {});
  ASSERT_TRUE(predictions.ok()) << predictions.status();
  EXPECT_THAT(words, ElementsAre("Köln", ""));
  EXPECT_THAT(predictions->values, ElementsAre(20, 30));
}

/// Answers what a test says, whatever it is given.
FakeRunner Answering(std::vector<TensorSpec> outputs, std::vector<NamedTensor> answers) {
  return {Takes({{"x", DType::kFp32, {-1, 1}}}, std::move(outputs)),
          [answers](std::vector<NamedTensor>, const std::vector<std::string>& wanted) {
            std::vector<NamedTensor> given;
            for (const std::string& name : wanted)
              for (const NamedTensor& answer : answers)
                if (answer.name == name) given.push_back(answer);
            return given;
          }};
}

const data::Table& TwoRows() {
  static const data::Table table = TableOf({Numbers("x", {1, 2})}, 2);
  return table;
}

TEST(PredictTest, ClassesAndProbabilitiesComeInTheOrderOfTheTargetsLabels) {
  const auto predictions = Predict(
      Answering({{"predict", DType::kBytes, {-1}},
                 {"predict_proba", DType::kFp64, {-1, 3}, false, {"c", "a", "b"}}},
                {{"predict", TensorOf({2}, {"c", "z"})},
                 {"predict_proba",
                  TensorOf<double>(DType::kFp64, {2, 3}, {.5, .25, .25, .125, .75, .125})}}),
      TwoRows(), Classes({"a", "b", "c"}));
  ASSERT_TRUE(predictions.ok()) << predictions.status();
  EXPECT_THAT(predictions->classes, ElementsAre(2, -1));
  EXPECT_THAT(predictions->probabilities, ElementsAre(.25, .25, .5, .75, .125, .125));
}

TEST(PredictTest, WholeNumbersAreLabelsOrPlacesOfThem) {
  const Tensor answer = TensorOf<int64_t>(DType::kInt64, {2}, {5, 3});
  const FakeRunner model = Answering({{"predict", DType::kInt64, {-1}}}, {{"predict", answer}});
  EXPECT_THAT(Predict(model, TwoRows(), Classes({"3", "5"}, true))->classes, ElementsAre(1, 0));
  const FakeRunner places = Answering({{"label", DType::kInt64, {-1}, false, {"no", "yes"}}},
                                      {{"label", TensorOf<int64_t>(DType::kInt64, {2}, {1, 0})}});
  EXPECT_THAT(Predict(places, TwoRows(), Classes({"no", "yes"}))->classes, ElementsAre(1, 0));
}

TEST(PredictTest, OneNumberOfARowIsTheSecondClassesProbabilityOrScore) {
  const auto predict = [](std::vector<float> scores) {
    return Predict(Answering({{"score", DType::kFp32, {-1, 1}}},
                             {{"score", TensorOf(DType::kFp32, {2, 1}, scores)}}),
                   TwoRows(), Classes({"no", "yes"}));
  };
  EXPECT_THAT(predict({.25F, .75F})->probabilities, ElementsAre(.75, .25, .25, .75));
  EXPECT_THAT(predict({.25F, .75F})->classes, ElementsAre(0, 1));
  EXPECT_THAT(predict({.25F, -3})->classes, ElementsAre(1, 0));
  EXPECT_THAT(predict({.25F, -3})->probabilities, ElementsAre());
}

TEST(PredictTest, ScoresOfClassesAreNoProbabilities) {
  const auto predictions =
      Predict(Answering({{"logits", DType::kFp32, {-1, 2}}},
                        {{"logits", TensorOf<float>(DType::kFp32, {2, 2}, {-1, 4, 2, 1})}}),
              TwoRows(), Classes({"no", "yes"}));
  EXPECT_THAT(predictions->classes, ElementsAre(1, 0));
  EXPECT_THAT(predictions->probabilities, ElementsAre());
}

TEST(PredictTest, AnAnswerThatIsNoNumberIsNoneOfTheClasses) {
  const auto predict = [](int64_t width, std::vector<float> scores) {
    return Predict(Answering({{"score", DType::kFp32, {-1, width}}},
                             {{"score", TensorOf(DType::kFp32, {2, width}, scores)}}),
                   TwoRows(), Classes({"no", "yes"}));
  };
  const auto nan = static_cast<float>(kMissing);
  EXPECT_THAT(predict(1, {nan, .75F})->classes, ElementsAre(-1, 1));
  EXPECT_THAT(predict(2, {nan, .75F, .25F, .75F})->classes, ElementsAre(-1, 1));
}

std::string ErrorOf(const TensorSpec& input, const data::Table& table) {
  Given given;
  return std::string(MessageOf(Predict(SumOfRows(input, &given), table, {}).status()));
}

TEST(PredictTest, WhatAnInputCannotTakeIsRefusedByName) {
  TensorSpec named{"input", DType::kFp64, {-1, 1}};
  named.columns = {"age"};
  EXPECT_EQ(ErrorOf(named, TableOf({Numbers("agee", {1})}, 1)),
            "input \"input\": there is no column \"age\"; did you mean \"agee\"?");
  EXPECT_EQ(ErrorOf({"x", DType::kFp64, {-1, 3}}, TableOf({Numbers("a", {1})}, 1)),
            "input \"x\" takes 3 columns, the table has 1 besides the target");
  EXPECT_THAT(ErrorOf({"x", DType::kFp64, {-1, 1}}, TableOf({Words("a", {"red"}, {0})}, 1)),
              HasSubstr("column \"a\" holds the word \"red\""));
  EXPECT_EQ(ErrorOf({"x", DType::kInt64, {-1, 1}}, TableOf({Numbers("a", {1, kMissing})}, 2)),
            "column \"a\", row 2: input \"x\" of INT64 cannot hold a missing value");
  EXPECT_EQ(ErrorOf({"x", DType::kUint8, {-1, 1}}, TableOf({Numbers("a", {256})}, 1)),
            "column \"a\", row 1: input \"x\" of UINT8 cannot hold 256");
}

TEST(PredictTest, AModelWithoutTheOutputsItTakesIsRefused) {
  const auto message = [](std::vector<TensorSpec> outputs, const data::Target& target) {
    return std::string(
        MessageOf(Predict(Answering(std::move(outputs), {}), TwoRows(), target).status()));
  };
  EXPECT_EQ(message({{"a", DType::kFp32, {-1, 4}}, {"b", DType::kFp32, {-1, 4}}}, {}),
            "expected an output of one number a row to be judged as a regression, got \"a\" FP32 "
            "[-1,4], \"b\" FP32 [-1,4]");
  EXPECT_THAT(message({{"a", DType::kFp32, {-1}}}, Classes({"x", "y", "z"})),
              HasSubstr("expected an output of classes or of their probabilities"));
}

TEST(PredictTest, AnAnswerOfFewerRowsIsRefused) {
  EXPECT_THAT(
      MessageOf(Predict(Answering({{"predict", DType::kInt64, {-1}}},
                                  {{"predict", TensorOf<int64_t>(DType::kInt64, {1}, {1})}}),
                        TwoRows(), Classes({"0", "1"}, true))
                    .status()),
      HasSubstr("expected 2 rows"));
}

}  // namespace
}  // namespace slipway::evaluate
