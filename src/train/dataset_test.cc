#include "train/dataset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>
#include <set>

namespace slipway::train {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Dataset TwentyRows() {
  Dataset rows;
  data::Column& x = rows.table.columns.emplace_back(data::Column{.name = "x"});
  x.numbers.resize(20);
  std::iota(x.numbers.begin(), x.numbers.end(), 0);
  rows.table.rows = 20;
  rows.target = {.task = data::Task::kClassification,
                 .name = "y",
                 .values = {},
                 .classes = std::vector<int32_t>(20, 0),
                 .labels = {"a", "b"}};
  for (size_t row = 10; row < 20; ++row) rows.target.classes[row] = 1;
  return rows;
}

std::set<double> Values(const std::vector<double>& numbers) {
  return {numbers.begin(), numbers.end()};
}

TEST(LabelledRowsTest, SelectedRowsTakeAllAlong) {
  Dataset rows = TwentyRows();
  rows.weights = rows.table.columns[0].numbers;
  rows.group = rows.table.columns[0];
  const Dataset some = rows.Select(std::vector<uint32_t>{15, 2});
  EXPECT_THAT(some.table.columns[0].numbers, ElementsAre(15, 2));
  EXPECT_THAT(some.target.classes, ElementsAre(1, 0));
  EXPECT_THAT(some.target.labels, ElementsAre("a", "b"));
  EXPECT_THAT(some.weights, ElementsAre(15, 2));
  EXPECT_THAT(some.group->numbers, ElementsAre(15, 2));
  EXPECT_FALSE(some.time);
}

TEST(DivideTest, RowsOfAGroupStayTogether) {
  Dataset rows = TwentyRows();
  rows.group = data::Column{.name = "g"};
  for (int row = 0; row < 20; ++row) rows.group->numbers.push_back(row % 7);
  const auto halves = Divide(rows, 0.3, 1);
  ASSERT_TRUE(halves.ok()) << halves.status();
  std::vector<double> both;
  std::ranges::set_intersection(Values(halves->learn.group->numbers),
                                Values(halves->judge.group->numbers), std::back_inserter(both));
  EXPECT_THAT(both, IsEmpty());
  EXPECT_EQ(halves->learn.size() + halves->judge.size(), 20u);
}

TEST(DivideTest, LaterRowsJudgeEarlierOnes) {
  Dataset rows = TwentyRows();
  std::ranges::fill(rows.target.classes, 1);
  rows.time = data::Column{.name = "t", .type = data::ColumnType::kTime};
  for (int row = 0; row < 20; ++row) rows.time->numbers.push_back(row * 7 % 20);
  const auto halves = Divide(rows, 0.25, 1);
  ASSERT_TRUE(halves.ok()) << halves.status();
  EXPECT_EQ(halves->judge.size(), 5u);
  EXPECT_LT(std::ranges::max(halves->learn.time->numbers),
            std::ranges::min(halves->judge.time->numbers));
}

TEST(DivideTest, ClassesThatAreNotLearntDoNotJudge) {
  Dataset rows = TwentyRows();
  rows.time = data::Column{.name = "t", .type = data::ColumnType::kTime};
  rows.time->numbers = rows.table.columns[0].numbers;
  const auto halves = Divide(rows, 0.5, 1);
  ASSERT_FALSE(halves.ok());
  EXPECT_THAT(MessageOf(halves.status()), HasSubstr("whose classes occur among those to learn"));
}

TEST(FoldsTest, AreFewerWhereRowsOrGroupsOrTimesAre) {
  Dataset rows = TwentyRows();
  EXPECT_EQ(FoldsOf(20, rows.Splitting(1))->size(), 5u);
  EXPECT_EQ(FoldsOf(3, {})->size(), 3u);
  rows.group = data::Column{.name = "who"};
  for (int row = 0; row < 20; ++row) rows.group->numbers.push_back(row % 3);
  EXPECT_EQ(FoldsOf(20, rows.Splitting(1))->size(), 3u);
  std::ranges::fill(rows.group->numbers, 7);
  EXPECT_EQ(MessageOf(FoldsOf(20, rows.Splitting(1)).status()),
            "group column \"who\": 2 folds want as many groups, got 1");
}

TEST(DivideTest, PartsWithoutWeightAreRefused) {
  Dataset rows = TwentyRows();
  rows.weights.assign(20, 0);
  rows.weights[3] = 1;
  const auto halves = Divide(rows, 0.2, 1);
  ASSERT_FALSE(halves.ok());
  EXPECT_THAT(MessageOf(halves.status()),
              HasSubstr("rows to judge by: the weights of all 4 rows are zero"));
}

}  // namespace
}  // namespace slipway::train
