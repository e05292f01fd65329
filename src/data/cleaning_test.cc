#include "data/cleaning.h"

#include <cmath>

namespace slipway::data {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Table Example() {
  Table table;
  table.rows = 6;
  table.columns = {
      {.name = "x", .type = ColumnType::kInteger, .numbers = {1, 1, 2, NAN, NAN, 100}},
      {.name = "y",
       .type = ColumnType::kCategory,
       .codes = {0, 0, 0, 1, 1, 0},
       .categories = {"no", "yes"}},
      {.name = "note", .type = ColumnType::kText, .texts = {"a", "a", "a", "b", "b", ""}}};
  return table;
}

std::string Done(std::string_view step, Table& table) {
  const auto parsed = ParseCleaningStep(step);
  if (!parsed.ok()) return std::string(MessageOf(parsed.status()));
  const auto done = Clean(*parsed, "y", 1, table);
  return done.ok() ? *done : std::string(MessageOf(done.status()));
}

TEST(CleaningTest, DropsRowsThatCameBefore) {
  Table table = Example();
  EXPECT_EQ(Done("drop-duplicates", table), "drop-duplicates: 2 of 6 rows dropped");
  EXPECT_THAT(table.Find("note")->texts, ElementsAre("a", "a", "b", ""));
  EXPECT_EQ(table.Find("x")->numbers[1], 2);
}

TEST(CleaningTest, DropsRowsWithoutTarget) {
  Table table = Example();
  table.columns[1].codes[2] = -1;
  EXPECT_EQ(Done("drop-missing-target", table), "drop-missing-target: 1 of 6 rows dropped");
  EXPECT_EQ(table.rows, 5u);
  table.columns[1].codes.assign(5, -1);
  EXPECT_EQ(Done("drop-missing-target", table),
            "drop-missing-target: no row has a value of target column \"y\"");
}

TEST(CleaningTest, LimitsNumbersToTheQuantilesOfTheirColumn) {
  Table table = Example();
  // numpy.quantile([1, 1, 2, 100], [0.1, 0.9]) = [1, 70.6]
  EXPECT_EQ(Done("clip-outliers:0.1", table), "clip-outliers:0.1: 1 values of 1 columns limited");
  const Column& x = *table.Find("x");
  EXPECT_DOUBLE_EQ(x.numbers[5], 70.6);
  EXPECT_TRUE(x.IsMissing(3));
  EXPECT_EQ(x.type, ColumnType::kNumber);
}

TEST(CleaningTest, RepeatsRowsOfRareClasses) {
  Table table = Example();
  EXPECT_EQ(Done("oversample", table), "oversample:1: 2 rows of rare classes added: 8 in all");
  EXPECT_THAT(table.Find("y")->codes, ElementsAre(0, 0, 0, 1, 1, 0, 1, 1));
  Table half = Example();
  EXPECT_THAT(Done("oversample:0.5", half), HasSubstr("0 rows"));
}

TEST(CleaningTest, DropsRowsOfFrequentClasses) {
  Table table = Example();
  EXPECT_EQ(Done("undersample", table),
            "undersample:1: 2 rows of frequent classes dropped: 4 in all");
  const auto& codes = table.Find("y")->codes;
  EXPECT_EQ(std::count(codes.begin(), codes.end(), 0), 2);
}

TEST(CleaningTest, NamesWhatIsWrongWithAStep) {
  Table table = Example();
  const std::pair<std::string_view, std::string_view> steps[] = {
      {"drop-duplicate",
       "expected a cleaning step (drop-duplicates, drop-missing-target, clip-outliers, oversample, "
       "undersample), got \"drop-duplicate\"; did you mean \"drop-duplicates\"?"},
      {"drop-duplicates:1", "drop-duplicates takes no number"},
      {"clip-outliers:0.5", "clip-outliers: expected a share above 0 and below 0.5"},
      {"clip-outliers:nan", "clip-outliers: expected a share above 0 and below 0.5"},
      {"oversample:", "oversample: expected a number, got \"\""},
      {"undersample:2", "undersample: expected a share above 0 and at most 1"},
  };
  for (const auto& [step, message] : steps) EXPECT_EQ(Done(step, table), message);
  const auto done = Clean({.kind = CleaningKind::kOversample, .amount = 1}, "z", 1, table);
  EXPECT_THAT(MessageOf(done.status()), HasSubstr("oversample:1: there is no column \"z\""));
}

}  // namespace
}  // namespace slipway::data
