#include "train/cleaning.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace slipway::train {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

data::CleaningStep StepOf(std::string_view text) { return *data::ParseCleaningStep(text); }

const data::Table kTable = {.columns = {{.name = "x", .numbers = {1, 2, 3, 4, 1000}}}, .rows = 5};
const data::Target kClasses = {.task = data::Task::kClassification,
                               .name = "y",
                               .classes = {0, 0, 0, 0, 1},
                               .labels = {"no", "yes"}};

Dataset RowsOf(std::vector<double> weights) {
  return {.table = kTable,
          .target = kClasses,
          .weights = std::move(weights),
          .group = std::nullopt,
          .time = std::nullopt};
}

TEST(CleanForTrainingTest, RowsOfARareClassComeAgainWithTheirWeights) {
  const data::CleaningStep step = StepOf("oversample:1");
  const auto cleaned = CleanForTraining({&step, 1}, RowsOf({1, 1, 1, 1, 7}), 0);
  ASSERT_TRUE(cleaned.ok()) << cleaned.status();
  EXPECT_EQ(cleaned->rows.table.rows, 8u);
  EXPECT_EQ(std::ranges::count(cleaned->rows.target.classes, 1), 4);
  EXPECT_EQ(std::ranges::count(cleaned->rows.weights, 7), 4);
  EXPECT_THAT(cleaned->rows.table.columns, SizeIs(1));
  EXPECT_THAT(cleaned->done, SizeIs(1));
}

TEST(CleanForTrainingTest, CopiesOfARowAreAGroupOfTheirOwn) {
  const data::CleaningStep step = StepOf("oversample:1");
  const auto cleaned = CleanForTraining({&step, 1}, RowsOf({}), 0);
  ASSERT_TRUE(cleaned.ok()) << cleaned.status();
  const Dataset& rows = cleaned->rows;
  ASSERT_TRUE(rows.group);
  ASSERT_EQ(rows.group->numbers.size(), 8u);
  for (size_t row = 0; row < 8; ++row)
    EXPECT_EQ(rows.group->numbers[row] == 4, rows.table.columns[0].numbers[row] == 1000) << row;
}

TEST(CleanForTrainingTest, GroupsAndTimesMoveWithTheirRows) {
  const data::CleaningStep step = StepOf("undersample:1");
  Dataset rows = RowsOf({});
  rows.time = {.name = "day", .type = data::ColumnType::kTime, .numbers = {10, 20, 30, 40, 10000}};
  const auto cleaned = CleanForTraining({&step, 1}, rows, 0);
  ASSERT_TRUE(cleaned.ok()) << cleaned.status();
  EXPECT_EQ(cleaned->rows.size(), 2u);
  EXPECT_FALSE(cleaned->rows.group);
  ASSERT_EQ(cleaned->rows.time->name, "day");
  for (size_t row = 0; row < 2; ++row)
    EXPECT_EQ(cleaned->rows.time->numbers[row], 10 * cleaned->rows.table.columns[0].numbers[row]);
}

TEST(CleanForTrainingTest, OutliersAreClippedButWeightsAreNot) {
  const data::CleaningStep step = StepOf("clip-outliers:0.25");
  const auto cleaned = CleanForTraining({&step, 1}, RowsOf({1, 1, 1, 1, 99}), 0);
  ASSERT_TRUE(cleaned.ok()) << cleaned.status();
  EXPECT_THAT(cleaned->rows.table.columns[0].numbers, ElementsAre(2, 2, 3, 4, 4));
  EXPECT_THAT(cleaned->rows.weights, ElementsAre(1, 1, 1, 1, 99));
  EXPECT_EQ(cleaned->rows.target.classes, kClasses.classes);
}

}  // namespace
}  // namespace slipway::train
