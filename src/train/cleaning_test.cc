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

TEST(CleanForTrainingTest, RowsOfARareClassComeAgainWithTheirWeights) {
  const data::CleaningStep step = StepOf("oversample:1");
  const auto rows =
      CleanForTraining({&step, 1}, kTable, kClasses, std::vector<double>{1, 1, 1, 1, 7}, 0);
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_EQ(rows->table.rows, 8u);
  EXPECT_EQ(std::ranges::count(rows->target.classes, 1), 4);
  EXPECT_EQ(std::ranges::count(rows->weights, 7), 4);
  EXPECT_THAT(rows->table.columns, SizeIs(1));
  EXPECT_THAT(rows->done, SizeIs(1));
}

TEST(CleanForTrainingTest, OutliersAreClippedButWeightsAreNot) {
  const data::CleaningStep step = StepOf("clip-outliers:0.25");
  const auto rows =
      CleanForTraining({&step, 1}, kTable, kClasses, std::vector<double>{1, 1, 1, 1, 99}, 0);
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_THAT(rows->table.columns[0].numbers, ElementsAre(2, 2, 3, 4, 4));
  EXPECT_THAT(rows->weights, ElementsAre(1, 1, 1, 1, 99));
  EXPECT_EQ(rows->target.classes, kClasses.classes);
}

}  // namespace
}  // namespace slipway::train
