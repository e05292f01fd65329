#include "optimise/rows.h"

#include <algorithm>
#include <set>

#include "evaluate/testing/fake_runner.h"

namespace slipway::optimise {
namespace {

/// Rows whose only input is their number.
LabelledRows Numbered(size_t count) {
  std::vector<float> numbers(count);
  for (size_t row = 0; row < count; ++row) numbers[row] = static_cast<float>(row);
  LabelledRows rows;
  rows.rows.count = count;
  rows.rows.inputs.push_back(
      {"x", evaluate::TensorOf(DType::kFp32, {static_cast<int64_t>(count), 1}, numbers)});
  rows.table.rows = count;
  return rows;
}

std::vector<size_t> NumbersOf(const LabelledRows& rows) {
  const auto numbers = rows.rows.inputs.front().tensor.as<float>();
  return {numbers.begin(), numbers.end()};
}

data::Target InTurns(size_t count, int32_t classes) {
  data::Target target{.task = data::Task::kClassification, .name = "y"};
  for (int32_t label = 0; label < classes; ++label)
    target.labels.push_back(fmt::format("{}", label));
  for (size_t row = 0; row < count; ++row)
    target.classes.push_back(static_cast<int32_t>(row) % classes);
  return target;
}

TEST(SplitForCalibrationTest, AsManyAsAskedForButAtMostHalfCalibrateAndAllOthersJudge) {
  const std::pair<size_t, size_t> table[] = {{128, 128}, {1, 1}, {500, 500}, {501, 500}, {0, 1000}};
  for (const auto& [asked, taken] : table) {
    const auto split = SplitForCalibration(Numbered(1000), asked);
    ASSERT_TRUE(split.ok()) << split.status();
    EXPECT_EQ(split->calibration.rows.count, taken);
    EXPECT_EQ(split->judged.rows.count, asked == 0 ? 1000 : 1000 - taken);
    std::set<size_t> seen;
    for (const LabelledRows* part : {&split->calibration, &split->judged})
      for (const size_t row : NumbersOf(*part)) seen.insert(row);
    EXPECT_EQ(seen.size(), 1000);
  }
  EXPECT_EQ(SplitForCalibration(Numbered(1), 1)->judged.rows.count, 1);
}

TEST(SplitForCalibrationTest, ClassesAreOnBothSidesInTheSameShares) {
  LabelledRows rows = Numbered(400);
  rows.target = InTurns(400, 4);
  const CalibrationSplit split = SplitForCalibration(rows, 100).value();
  for (int32_t label = 0; label < 4; ++label)
    EXPECT_EQ(std::ranges::count(split.calibration.target->classes, label), 25);
  for (const LabelledRows* part : {&split.calibration, &split.judged})
    for (size_t i = 0; i < part->rows.count; ++i)
      EXPECT_EQ(part->target->classes[i], static_cast<int32_t>(NumbersOf(*part)[i]) % 4);
}

TEST(SplitForCalibrationTest, WeightsGoWithTheirRows) {
  LabelledRows rows = Numbered(10);
  for (size_t row = 0; row < 10; ++row) rows.weights.push_back(static_cast<double>(row));
  const CalibrationSplit split = SplitForCalibration(rows, 4).value();
  for (const LabelledRows* part : {&split.calibration, &split.judged})
    EXPECT_EQ(part->weights,
              std::vector<double>(part->rows.inputs.front().tensor.as<float>().begin(),
                                  part->rows.inputs.front().tensor.as<float>().end()));
}

TEST(SplitForCalibrationTest, NoGroupIsOnBothSidesAndLaterRowsJudge) {
  LabelledRows rows = Numbered(200);
  rows.target = InTurns(200, 2);
  data::Column column{.name = "tie"};
  for (size_t row = 0; row < 200; ++row) column.numbers.push_back(static_cast<double>(row % 20));
  rows.group = column;
  const CalibrationSplit grouped = SplitForCalibration(rows, 100).value();
  EXPECT_GT(grouped.calibration.rows.count, 50);
  std::set<size_t> tuned;
  for (const size_t row : NumbersOf(grouped.calibration)) tuned.insert(row % 20);
  for (const size_t row : NumbersOf(grouped.judged)) EXPECT_FALSE(tuned.contains(row % 20));
  EXPECT_EQ(grouped.judged.group->numbers.size(), grouped.judged.rows.count);
  rows.group.reset();
  rows.time = column;
  const CalibrationSplit timed = SplitForCalibration(rows, 100).value();
  for (const double time : timed.calibration.time->numbers) EXPECT_LT(time, 10);
  for (const double time : timed.judged.time->numbers) EXPECT_GE(time, 10);
}

}  // namespace
}  // namespace slipway::optimise
