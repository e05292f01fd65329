#include "optimise/judge.h"

#include "evaluate/testing/judged_rows.h"

namespace slipway::optimise {
namespace {

using ::testing::HasSubstr;

data::Target OfClasses(size_t rows) {
  data::Target target{.task = data::Task::kClassification, .name = "y", .labels = {"a", "b"}};
  for (size_t row = 0; row < rows; ++row) target.classes.push_back(static_cast<int32_t>(row % 2));
  return target;
}

TEST(FiguresOfTest, RowsCountByTheirWeights) {
  const auto rows = evaluate::Classified({"a", "b"}, {0, 0, 1, 1, 1}, {0, 1, 1, 0, 1});
  const std::vector<double> weights = {1, 2, 0.5, 4, 0};
  const auto figures = FiguresOf(rows.target, rows.predictions, weights);
  ASSERT_EQ(figures.front().metric.name, "accuracy");
  EXPECT_DOUBLE_EQ(figures.front().value, 1.5 / 7.5);
  EXPECT_DOUBLE_EQ(FiguresOf(rows.target, rows.predictions, {}).front().value, 0.6);
}

TEST(PairedLossTest, WhatRowsWithoutWeightLoseIsNotLost) {
  data::Target target = OfClasses(1000);
  evaluate::Predictions before, now;
  before.classes = now.classes = target.classes;
  std::vector<double> weights(1000, 1);
  for (size_t row = 0; row < 100; ++row) {
    now.classes[row] ^= 1;
    weights[row] = 0;
  }
  EXPECT_NEAR(PairedLoss(target, before, now, {}).most, 0.119, 0.005);
  const Loss loss = PairedLoss(target, before, now, weights);
  EXPECT_EQ(loss.now.value, 1);
  EXPECT_NEAR(loss.most, 0.0043, 0.0001);  // of 900 rows: z² / (900 + z²)
}

TEST(CheckRowsSufficeTest, AFewHeavyRowsShowAsLittleAsFewRows) {
  const data::Target target = OfClasses(1000);
  EXPECT_TRUE(CheckRowsSuffice(target, {}, 0.01).ok());
  const std::vector<double> alike(1000, 1e300);  // whose squares are no numbers
  EXPECT_TRUE(CheckRowsSuffice(target, alike, 0.01).ok());
  std::vector<double> weights(1000, 1e-9);
  std::fill_n(weights.begin(), 100, 1.0);
  const Status refused = CheckRowsSuffice(target, weights, 0.01);
  EXPECT_EQ(ReasonOf(refused), Reason::kBadRequest);
  EXPECT_THAT(std::string(MessageOf(refused)),
              HasSubstr("1000 rows, whose weights make them worth 100, to choose by"));
  EXPECT_TRUE(CheckRowsSuffice(target, weights, 0.04).ok());
}

TEST(CheckAnswersTest, RowsWithoutAnyWeightCannotBeChosenBy) {
  const Signature signature;
  LabelledRows rows;
  rows.rows.count = 2;
  rows.target = OfClasses(2);
  const Workshop workshop{.rows = &rows, .signature = &signature};
  EXPECT_TRUE(CheckAnswers(workshop, "drop-trees").ok());
  rows.weights = {0, 0};
  EXPECT_EQ(MessageOf(CheckAnswers(workshop, "drop-trees")),
            "rows to choose by: the weights of all 2 rows are zero");
}

}  // namespace
}  // namespace slipway::optimise
