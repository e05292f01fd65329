#include "data/split.h"

#include <algorithm>
#include <numeric>
#include <set>

#include "base/random.h"

namespace slipway::data {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

/// 90 % of class 0, 10 % of class 1, in that order.
Target RareClass(size_t rows) {
  Target target{.task = Task::kClassification, .labels = {"no", "yes"}};
  for (size_t row = 0; row < rows; ++row) target.classes.push_back(row >= rows * 9 / 10);
  return target;
}

size_t Positives(const Target& target, const std::vector<uint32_t>& rows) {
  return static_cast<size_t>(std::count_if(rows.begin(), rows.end(),
                                           [&](uint32_t row) { return target.classes[row] == 1; }));
}

Column Numbers(std::vector<double> numbers) {
  return {.name = "column", .type = ColumnType::kInteger, .numbers = std::move(numbers)};
}

/// Every row is on one side, in ascending order.
void ExpectPartition(const Split& split, size_t rows) {
  std::vector<uint32_t> all = split.train;
  all.insert(all.end(), split.test.begin(), split.test.end());
  std::sort(all.begin(), all.end());
  ASSERT_EQ(all.size(), rows);
  for (uint32_t row = 0; row < rows; ++row) EXPECT_EQ(all[row], row);
  EXPECT_TRUE(std::is_sorted(split.train.begin(), split.train.end()));
  EXPECT_TRUE(std::is_sorted(split.test.begin(), split.test.end()));
}

TEST(SplitOnceTest, TakesTheShareAndFollowsTheSeed) {
  const auto split = SplitOnce(101, 0.2, {.seed = 7});
  ASSERT_TRUE(split.ok()) << split.status();
  ExpectPartition(*split, 101);
  EXPECT_THAT(split->test, SizeIs(21));
  EXPECT_EQ(SplitOnce(101, 0.2, {.seed = 7})->test, split->test);
  EXPECT_NE(SplitOnce(101, 0.2, {.seed = 8})->test, split->test);
  EXPECT_THAT(SplitOnce(2, 0.99, {})->train, SizeIs(1));
  EXPECT_THAT(SplitOnce(2, 0.01, {})->test, SizeIs(1));
}

TEST(SplitOnceTest, KeepsTheSharesOfClasses) {
  const Target target = RareClass(1000);
  for (const uint64_t seed : {0, 1, 2}) {
    const auto split =
        SplitOnce(1000, 0.25, {.kind = SplitKind::kStratified, .seed = seed, .target = &target});
    ASSERT_TRUE(split.ok()) << split.status();
    ExpectPartition(*split, 1000);
    EXPECT_THAT(split->test, SizeIs(250));
    EXPECT_EQ(Positives(target, split->test), 25u);
  }
}

TEST(SplitOnceTest, KeepsTheShareOfEachTenthOfARegression) {
  Target target{.task = Task::kRegression};
  for (int row = 0; row < 200; ++row) target.values.push_back((row * 37) % 200);
  const auto split = SplitOnce(200, 0.5, {.kind = SplitKind::kStratified, .target = &target});
  ASSERT_TRUE(split.ok()) << split.status();
  std::array<int, 10> tenths = {};
  for (const uint32_t row : split->test) ++tenths[static_cast<size_t>(target.values[row] / 20)];
  EXPECT_THAT(tenths, testing::Each(10));
}

TEST(SplitOnceTest, NeverTestsTheOnlyRowOfAClass) {
  Target target = RareClass(20);
  target.classes[3] = 2;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const auto split =
        SplitOnce(20, 0.5, {.kind = SplitKind::kStratified, .seed = seed, .target = &target});
    ExpectPartition(*split, 20);
    EXPECT_THAT(split->test, testing::Not(testing::Contains(3)));
  }
}

TEST(SplitOnceTest, NeverDividesAGroup) {
  std::vector<double> groups;
  for (int row = 0; row < 500; ++row) groups.push_back(row * row % 41);
  const Column column = Numbers(groups);
  for (uint64_t seed = 0; seed < 10; ++seed) {
    const auto split =
        SplitOnce(500, 0.3, {.kind = SplitKind::kGrouped, .seed = seed, .group = &column});
    ASSERT_TRUE(split.ok()) << split.status();
    ExpectPartition(*split, 500);
    std::set<double> tested;
    for (const uint32_t row : split->test) tested.insert(groups[row]);
    for (const uint32_t row : split->train) EXPECT_FALSE(tested.contains(groups[row]));
    EXPECT_NEAR(static_cast<double>(split->test.size()), 150, 25);
  }
}

TEST(SplitOnceTest, TestsTheLatestRows) {
  const Column time = Numbers({5, 1, 9, 3, 7});
  const auto split = SplitOnce(5, 0.4, {.kind = SplitKind::kTime, .time = &time});
  EXPECT_THAT(split->test, ElementsAre(2, 4));
  EXPECT_THAT(split->train, ElementsAre(0, 1, 3));
}

TEST(SplitOnceTest, NeverPartsRowsOfOneTime) {
  const Column time = Numbers({3, 1, 2, 3, 1, 2, 2, 1, 2, 1});
  for (const double share : {0.05, 0.2, 0.3}) {
    const auto split = SplitOnce(10, share, {.kind = SplitKind::kTime, .time = &time});
    EXPECT_THAT(split->test, ElementsAre(0, 3)) << share;
  }
  EXPECT_THAT(SplitOnce(10, 0.5, {.kind = SplitKind::kTime, .time = &time})->test,
              ElementsAre(0, 2, 3, 5, 6, 8));
}

TEST(SplitFoldsTest, NeverPartsRowsOfOneTime) {
  const Column time = Numbers({1, 1, 1, 1, 1, 1, 2, 3, 3, 4});
  const auto folds = SplitFolds(10, 3, {.kind = SplitKind::kTime, .time = &time});
  ASSERT_TRUE(folds.ok()) << folds.status();
  EXPECT_THAT((*folds)[0].test, ElementsAre(6));
  EXPECT_THAT((*folds)[1].test, ElementsAre(7, 8));
  EXPECT_THAT((*folds)[2].train, ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8));
  EXPECT_THAT((*folds)[2].test, ElementsAre(9));
}

TEST(SplitFoldsTest, TestsEachRowOnce) {
  const Target target = RareClass(103);
  std::vector<double> group(103);
  for (size_t row = 0; row < group.size(); ++row) group[row] = static_cast<double>(row % 13);
  const Column column = Numbers(group);
  for (const SplitKind kind : {SplitKind::kRandom, SplitKind::kStratified, SplitKind::kGrouped}) {
    const auto folds =
        SplitFolds(103, 5, {.kind = kind, .seed = 3, .target = &target, .group = &column});
    ASSERT_TRUE(folds.ok()) << folds.status();
    ASSERT_THAT(*folds, SizeIs(5));
    std::vector<int> tested(103, 0);
    for (const Split& fold : *folds) {
      ExpectPartition(fold, 103);
      for (const uint32_t row : fold.test) ++tested[row];
      if (kind == SplitKind::kGrouped) {
        EXPECT_NEAR(static_cast<double>(fold.test.size()), 20.6, 5);
        continue;
      }
      EXPECT_NEAR(static_cast<double>(fold.test.size()), 20.6, 0.7);
      if (kind == SplitKind::kRandom) continue;
      EXPECT_NEAR(static_cast<double>(Positives(target, fold.test)), 2.2, 0.9);
    }
    EXPECT_THAT(tested, testing::Each(1));
  }
}

TEST(SplitFoldsTest, NeverDividesAGroup) {
  const Column words = {
      .name = "who", .type = ColumnType::kText, .texts = {"a", "b", "c", "a", "b", "a", "d", "d"}};
  const auto folds = SplitFolds(8, 3, {.kind = SplitKind::kGrouped, .group = &words});
  ASSERT_TRUE(folds.ok()) << folds.status();
  for (const Split& fold : *folds)
    for (const uint32_t tested : fold.test)
      for (const uint32_t trained : fold.train)
        EXPECT_NE(words.texts[tested], words.texts[trained]);
}

TEST(SplitFoldsTest, GrowsWindowsInTimeAsTimeSeriesSplitDoes) {
  // list(TimeSeriesSplit(3).split(range(10))) of scikit-learn 1.9
  const auto folds = SplitFolds(10, 3, {.kind = SplitKind::kTime});
  ASSERT_TRUE(folds.ok()) << folds.status();
  EXPECT_THAT((*folds)[0].train, ElementsAre(0, 1, 2, 3));
  EXPECT_THAT((*folds)[0].test, ElementsAre(4, 5));
  EXPECT_THAT((*folds)[1].test, ElementsAre(6, 7));
  EXPECT_THAT((*folds)[2].train, ElementsAre(0, 1, 2, 3, 4, 5, 6, 7));
  EXPECT_THAT((*folds)[2].test, ElementsAre(8, 9));
}

TEST(SplitTest, SaysWhatThereIsTooLittleOf) {
  const Column one = Numbers({1, 1, 1}), gap = Numbers({1, NAN, 2}), two = Numbers({1, 2, 2});
  const Column word = {.name = "word", .type = ColumnType::kText, .texts = {"a", "b", "c"}};
  const std::vector<uint64_t> numbers = {10, 20, 30};
  const std::pair<Status, std::string_view> table[] = {
      {SplitOnce(1, 0.5, {}).status(),
       "a split into training and test rows: expected 2 rows or more, below 2^32, got 1"},
      {SplitOnce(9, 1, {}).status(), "expected a share of test rows between 0 and 1, got 1"},
      {SplitFolds(3, 5, {}).status(), "5 folds: expected 5 rows or more, below 2^32, got 3"},
      {SplitFolds(3, 1, {}).status(), "expected 2 folds or more, got 1"},
      {SplitOnce(3, 0.5, {.kind = SplitKind::kGrouped, .group = &one}).status(),
       "group column \"column\" has one group only: expected two at least"},
      {SplitFolds(3, 2, {.kind = SplitKind::kGrouped, .group = &one}).status(),
       "group column \"column\": 2 folds want as many groups, got 1"},
      {SplitOnce(3, 0.5, {.kind = SplitKind::kGrouped, .group = &gap}).status(),
       "group column \"column\": row 2 has no value"},
      {SplitOnce(3, 0.5, {.kind = SplitKind::kTime, .time = &gap}).status(),
       "time column \"column\": row 2 has no value"},
      {SplitOnce(3, 0.5, {.kind = SplitKind::kTime, .time = &gap, .numbers = numbers}).status(),
       "time column \"column\": row 20 has no value"},
      {CheckRoles(3, {.kind = SplitKind::kGrouped, .group = &gap, .numbers = numbers}),
       "group column \"column\": row 20 has no value"},
      {CheckRoles(3, {.kind = SplitKind::kTime, .time = &word}),
       "time column \"word\" is of type text: expected times or numbers, one a row"},
      {SplitOnce(3, 0.5, {.kind = SplitKind::kTime, .time = &one}).status(),
       "time column \"column\" has one time only: expected two at least"},
      {SplitFolds(3, 2, {.kind = SplitKind::kTime, .time = &two}).status(),
       "time column \"column\": 2 folds want 3 times at least, got 2"},
      {SplitFolds(3, 3, {.kind = SplitKind::kTime}).status(),
       "3 folds in time want 4 rows at least, got 3"},
      {SplitOnce(3, 0.5, {.kind = SplitKind::kStratified}).status(),
       "a stratified split wants a target of 3 rows"},
  };
  for (const auto& [status, message] : table) {
    ASSERT_FALSE(status.ok()) << message;
    EXPECT_EQ(MessageOf(status), message);
  }
}

}  // namespace
}  // namespace slipway::data
