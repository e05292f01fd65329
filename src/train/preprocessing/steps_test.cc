#include "train/preprocessing/steps.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace slipway::train {
namespace {

using ::testing::HasSubstr;

std::string Refusal(std::string_view step) {
  StepPlan plan;
  return std::string(MessageOf(plan.Add(step)));
}

TEST(StepPlanTest, WhatIsSaidOfAColumnStandsOverWhatIsSaidOfAll) {
  StepPlan plan;
  for (const char* step : {"*=scale:robust", "*=impute:median", "age=scale:minmax", "age=bins:10"})
    ASSERT_TRUE(plan.Add(step).ok()) << step;
  EXPECT_EQ(plan.For("age").scale, Scale::kMinMax);
  EXPECT_EQ(plan.For("age").impute, Impute::kMedian);
  EXPECT_EQ(plan.For("age").bins, 10);
  EXPECT_EQ(plan.For("fare").scale, Scale::kRobust);
  EXPECT_EQ(plan.For("fare").bins, std::nullopt);
}

TEST(StepPlanTest, AConstantToImputeBelongsToItsColumn) {
  StepPlan plan;
  ASSERT_TRUE(plan.Add("*=impute:constant=3").ok());
  ASSERT_TRUE(plan.Add("age=impute:constant=-1.5").ok());
  EXPECT_EQ(plan.For("age").constant, -1.5);
  EXPECT_EQ(plan.For("fare").constant, 3);
}

TEST(StepPlanTest, WrongStepsAreRefusedWithWhatIsTaken) {
  EXPECT_THAT(Refusal("age"), HasSubstr("expected COLUMN=STEP, as age=bins:10, got \"age\""));
  EXPECT_THAT(Refusal("age=scael:minmax"), HasSubstr("did you mean \"scale\"?"));
  EXPECT_THAT(Refusal("age=scale:robsut"), HasSubstr("did you mean \"robust\"?"));
  EXPECT_THAT(Refusal("age=bins:1"),
              HasSubstr("step bins: expected a whole number from 2 to 1000"));
  EXPECT_THAT(Refusal("age=bins"), HasSubstr("got \"\""));
  EXPECT_THAT(Refusal("age=impute:constant=x"), HasSubstr("expected a number, got \"x\""));
  EXPECT_THAT(Refusal("age=impute:constant"), HasSubstr("impute:constant=NUMBER"));
  EXPECT_THAT(Refusal("age=monotone:up"), HasSubstr("expected one of rising, falling"));
}

TEST(StepPlanTest, ColumnsThatAreNotThereAreNamed) {
  StepPlan plan;
  ASSERT_TRUE(plan.Add("aeg=bins:5").ok());
  const std::string_view columns[] = {"age", "fare"};
  EXPECT_THAT(std::string(MessageOf(plan.CheckColumns(columns))),
              HasSubstr("\"aeg\", which is not there; did you mean \"age\"?"));
}

}  // namespace
}  // namespace slipway::train
