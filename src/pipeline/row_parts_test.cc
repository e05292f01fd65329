#include "pipeline/row_parts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.h"
#include "io/testing/temporary_folder.h"

namespace slipway::pipeline {
namespace {

using ::testing::HasSubstr;

constexpr size_t kRows = 150'000;  // three parts

/// Numbers with gaps, words, bad rows, and people of several rows each.
std::string RowsAsText() {
  Random random(4);
  std::string text = "x,word,who,weight,y\n";
  for (size_t row = 0; row < kRows; ++row) {
    if (row % 1000 == 3) text += "short\n";
    text +=
        fmt::format("{},{},p{},{},{}\n", row % 7 == 0 ? "" : fmt::format("{}", random.Uniform()),
                    row % 3 == 0 ? "red" : "blue", row / 5 % 900, 1 + row % 4,
                    row % 11 == 0 ? "" : (row % 2 == 0 ? "no" : "yes"));
  }
  return text;
}

class RowPartsTest : public ::testing::Test {
 protected:
  /// As rows of text: what a column holds, whichever the order of its categories.
  static std::vector<std::string> CellsOf(const data::Table& table) {
    std::vector<std::string> cells;
    for (size_t row = 0; row < table.rows; ++row) {
      std::string& text =
          cells.emplace_back(fmt::format("{}", data::NumberOfRow(table.numbers, row)));
      for (const data::Column& column : table.columns)
        text += column.is_numeric()     ? fmt::format(",{}", column.numbers[row])
                : !column.codes.empty() ? fmt::format(",{}", column.codes[row])
                                        : "," + column.texts[row];
    }
    return cells;
  }

  io::TemporaryFolder folder_;
  const std::string path_ = folder_.Write("rows.csv", RowsAsText());
};

TEST_F(RowPartsTest, AreTheRowsThatTheWholeTableGives) {
  RowChoice all = {.target = "y", .drop = {"weight"}, .skip_bad_rows = true, .test_share = 0};
  all.clean = {*data::ParseCleaningStep("drop-missing-target")};
  RowChoice some = all;
  some.drop = {};
  some.weights = "weight";
  some.test_share = 0.3;
  RowChoice people = some;
  people.group = "who";
  for (const RowChoice& choice : {all, some, people}) {
    auto file = ReadFile(path_, choice);
    ASSERT_TRUE(file.ok()) << file.status();
    const auto whole = ChooseRows(*std::move(file), choice, Purpose::kJudge);
    ASSERT_TRUE(whole.ok()) << whole.status();
    ASSERT_TRUE(RowParts::Suits(choice));
    const auto parts = RowParts::Open(path_, choice);
    ASSERT_TRUE(parts.ok()) << parts.status();
    EXPECT_EQ((*parts)->facts().sha256, whole->facts.sha256);
    EXPECT_EQ((*parts)->facts().skipped, kRows / 1000);
    EXPECT_EQ((*parts)->rows().target.classes, whole->test.target.classes);
    EXPECT_EQ((*parts)->rows().target.labels, whole->test.target.labels);
    EXPECT_EQ((*parts)->rows().weights, whole->test.weights);
    data::Table columns, features;
    size_t count = 0;
    for (;; ++count) {
      const auto part = (*parts)->Next();
      ASSERT_TRUE(part.ok()) << part.status();
      if (part->all.rows == 0) break;
      if (count == 0) {
        columns = part->all;
        features = part->features;
      } else {
        columns.Append(part->all);
        features.Append(part->features);
      }
    }
    EXPECT_EQ(count, 3u);
    EXPECT_EQ((*parts)->share(), 1);
    EXPECT_EQ(CellsOf(columns), CellsOf(whole->test_columns));
    EXPECT_EQ(CellsOf(features), CellsOf(whole->test.table));
  }
}

TEST_F(RowPartsTest, SaysWhatIsWrongAsTheWholeTableDoes) {
  RowChoice choice = {.target = "why", .skip_bad_rows = true};
  const auto message = [&] {
    return std::string(MessageOf(RowParts::Open(path_, choice).status()));
  };
  EXPECT_THAT(message(), HasSubstr("--target: there is no column \"why\""));
  choice.target = "y";
  EXPECT_THAT(message(), HasSubstr("target column \"y\": row 1 has no value"));
  choice.drop = {"words"};
  EXPECT_THAT(message(), HasSubstr("--drop: there is no column \"words\"; did you mean \"word\"?"));
  choice.drop = {};
  choice.max_memory_bytes = 1 << 20;
  EXPECT_THAT(message(),
              HasSubstr("the answers of 150000 rows take 18 MB of memory, expected at most "
                        "1 MB: judge by a sample of them (--sample)"));
  choice.skip_bad_rows = false;
  EXPECT_THAT(message(), HasSubstr("rows.csv: line 5, column"));
}

TEST(SuitableRowsTest, DependOnAllRowsTogether) {
  RowChoice choice = {.target = "y"};
  EXPECT_TRUE(RowParts::Suits(choice));
  choice.sample = 10;
  EXPECT_FALSE(RowParts::Suits(choice));
  choice.sample = SIZE_MAX;
  choice.clean = {*data::ParseCleaningStep("drop-duplicates")};
  EXPECT_FALSE(RowParts::Suits(choice));
}

}  // namespace
}  // namespace slipway::pipeline
