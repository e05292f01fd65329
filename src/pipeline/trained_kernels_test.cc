// What support vectors, neighbours and networks answer once they are written and loaded by the
// engine that serves them. Figures: tests/models/training/kernels.py.

#include <gtest/gtest.h>

#include "engine/tabular/tabular_engine.h"
#include "evaluate/predictions.h"
#include "pipeline/runners.h"
#include "train/kinds.h"
#include "train/trainer.h"

namespace slipway::pipeline {
namespace {

using evaluate::Predictions;
using Given = std::map<std::string, std::string>;
using RowList = std::vector<std::vector<double>>;

const RowList kRows = {{0.5, -1.0},   {1.5, 0.25},  {-0.75, 0.5}, {2.0, -0.5},
                       {-1.25, -1.5}, {0.25, 1.75}, {0.5, -1.0},  {1.0, 1.0}};
const std::vector<int32_t> kClasses = {0, 1, 2, 0, 1, 2, 0, 1};
const std::vector<double> kValues = {1.5, -0.5, 2.0, 0.0, -2.0, 1.0, 1.25, 0.5};
const RowList kQueries = {{0.4, -0.9}, {1.2, 0.6}, {-1.0, -1.0}, {0.5, -1.0}};

data::Table TableOf(const RowList& rows) {
  data::Table table{.rows = rows.size()};
  for (size_t f = 0; f < rows.front().size(); ++f) {
    data::Column column{.name = "x" + std::to_string(f)};
    for (const auto& row : rows) column.numbers.push_back(row[f]);
    table.columns.push_back(std::move(column));
  }
  return table;
}

data::Target Values(std::vector<double> values) {
  return {.task = data::Task::kRegression, .name = "y", .values = std::move(values)};
}

data::Target Classes(std::vector<int32_t> classes, int labels = 3) {
  data::Target target = {.task = data::Task::kClassification,
                         .name = "y",
                         .classes = std::move(classes),
                         .integer_labels = true};
  for (int label = 0; label < labels; ++label) target.labels.push_back(std::to_string(label));
  return target;
}

/// Trains on standard scores of `rows`, loads what was written, and asks it.
Predictions AnswersOf(const train::EstimatorKind& kind, const Given& given, const RowList& rows,
                      const data::Target& target) {
  Team team(1);
  const auto trained = train::Train(
      {.table = TableOf(rows), .target = target, .weights = {}, .group = {}, .time = {}},
      {&kind, given}, {.team = &team});
  EXPECT_TRUE(trained.ok()) << trained.status();
  if (!trained.ok()) return {};
  const auto engine = CreateTabularEngine();
  const auto runner = LoaderOf(*engine)(trained->onnx);
  EXPECT_TRUE(runner.ok()) << runner.status();
  if (!runner.ok()) return {};
  auto answers = evaluate::Predict(**runner, TableOf(kQueries), target);
  EXPECT_TRUE(answers.ok()) << answers.status();
  return answers.ok() ? *std::move(answers) : Predictions{};
}

void ExpectNear(const std::vector<double>& values, const std::vector<double>& expected,
                double tolerance) {
  ASSERT_EQ(values.size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(values[i], expected[i], tolerance) << i;
}

TEST(TrainedKernelsTest, NeighborsAnswerAsScikitLearns) {
  ExpectNear(
      AnswersOf(train::kNeighbors, {{"k", "3"}}, kRows, Classes(kClasses)).probabilities,
      {0.66667, 0.33333, 0, 0.33333, 0.66667, 0, 0.33333, 0.33333, 0.33333, 0.66667, 0.33333, 0},
      1e-5);
  const Given manhattan = {{"k", "4"}, {"weights", "distance"}, {"metric", "manhattan"}};
  ExpectNear(AnswersOf(train::kNeighbors, manhattan, kRows, Classes(kClasses)).probabilities,
             {0.95935, 0.04065, 0, 0.12494, 0.76162, 0.11344, 0.40497, 0.41558, 0.17945, 1, 0, 0},
             1e-5);
  const Given by_distance = {{"k", "3"}, {"weights", "distance"}};
  ExpectNear(AnswersOf(train::kNeighbors, by_distance, kRows, Values(kValues)).values,
             {1.29517, 0.00839, -0.41449, 1.375}, 1e-5);
}

TEST(TrainedKernelsTest, SupportVectorsAnswerAsScikitLearns) {
  const Given radial = {{"gamma", "0.5"}, {"C", "2"}};
  EXPECT_EQ(AnswersOf(train::kSvm, radial, kRows, Classes(kClasses)).classes,
            (std::vector<int32_t>{0, 1, 1, 0}));
  const Given poly = {{"kernel", "poly"}, {"gamma", "0.5"},   {"coef0", "0.25"},
                      {"C", "2"},         {"epsilon", "0.2"}, {"tolerance", "1e-6"}};
  ExpectNear(AnswersOf(train::kSvm, poly, kRows, Values(kValues)).values,
             {1.20877, 0.53559, -0.31306, 1.3}, 1e-4);
}

TEST(TrainedKernelsTest, ClassesThatDoNotOccurAreNeverTheAnswer) {
  const data::Target target = Classes({0, 3, 3, 0, 3, 3, 0, 3}, 5);
  const Predictions answers = AnswersOf(train::kSvm, {{"probability", "true"}}, kRows, target);
  EXPECT_EQ(answers.classes, (std::vector<int32_t>{0, 3, 3, 0}));
  ASSERT_EQ(answers.probabilities.size(), 4 * 5);
  for (size_t row = 0; row < 4; ++row) {
    const double* const proba = &answers.probabilities[row * 5];
    EXPECT_NEAR(proba[0] + proba[3], 1, 1e-9);
    for (const size_t absent : {1, 2, 4}) EXPECT_EQ(proba[absent], 0);
  }
}

TEST(TrainedKernelsTest, NetworksAnswerInTheUnitsOfTheirTarget) {
  const Given given = {{"hidden", "16,8"},
                       {"learning_rate", "0.02"},
                       {"tolerance", "0"},
                       {"max_iterations", "2000"}};
  std::vector<double> values;
  for (const auto& row : kQueries) values.push_back(1e6 + 1000 * row[0] - 500 * row[1]);
  ExpectNear(AnswersOf(train::kNetwork, given, kQueries, Values(values)).values, values, 100);
  EXPECT_EQ(AnswersOf(train::kNetwork, given, kQueries, Classes({2, 1, 0, 2})).classes,
            (std::vector<int32_t>{2, 1, 0, 2}));
}

}  // namespace
}  // namespace slipway::pipeline
