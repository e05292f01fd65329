#include "pipeline/row_choice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "io/testing/temporary_folder.h"

namespace slipway::pipeline {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

TEST(RowChoiceTest, IsReadBackAsItWasWritten) {
  RowChoice choice;
  choice.target = "a \"target\", with commas";
  choice.task = data::Task::kRegression;
  choice.types = {{"zip", data::ColumnType::kCategory}};
  choice.delimiter = '\t';
  choice.missing = {"-999", "no \"value\""};
  choice.drop = {"x, y", "z"};
  choice.clean = {*data::ParseCleaningStep("drop-duplicates"),
                  *data::ParseCleaningStep("oversample:0.5")};
  choice.weights = "w";
  choice.group = "g";
  choice.skip_bad_rows = true;
  choice.sample = 1000;
  choice.test_share = 0.1;
  choice.seed = UINT64_MAX;
  const auto read = ReadRowChoice(ToJson(choice));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(ToJson(*read), ToJson(choice));
  EXPECT_EQ(read->target, choice.target);
  EXPECT_EQ(read->task, data::Task::kRegression);
  EXPECT_EQ(read->delimiter, '\t');
  EXPECT_THAT(read->missing, ElementsAre("-999", "no \"value\""));
  EXPECT_THAT(read->drop, ElementsAre("x, y", "z"));
  EXPECT_EQ(read->clean.size(), 2u);
  EXPECT_EQ(read->test_share, 0.1);
  EXPECT_EQ(read->seed, UINT64_MAX);
  RowChoice plain;
  plain.target = "y";
  EXPECT_EQ(ToJson(plain), R"({"target":"y","test_share":0.2,"seed":0})");
}

TEST(RowChoiceTest, WhatItDidNotWriteIsRefused) {
  for (const char* text :
       {"", "[]", "{}", R"({"target":""})", R"({"target":"y","test_share":1})",
        R"({"target":"y","test_share":-0.5})", R"({"target":"y","task":"both"})",
        R"({"target":"y","delimiter":""})", R"({"target":"y","delimiter":";;"})",
        R"({"target":"y","clean":["drop"]})", R"({"target":"y","types":{"x":"word"}})",
        R"({"target":"y"} x)", R"({"target":"y","seed":-1})"})
    EXPECT_FALSE(ReadRowChoice(text).ok()) << text;
}

StatusOr<ChosenRows> Choose(const std::string& path, const RowChoice& choice,
                            Purpose purpose = Purpose::kLearn) {
  ASSIGN_OR_RETURN(data::TableFile file, ReadFile(path, choice));
  return ChooseRows(std::move(file), choice, purpose);
}

TEST(ChooseRowsTest, CleaningDoesNotLookAtDroppedColumnsButKeepsThem) {
  const io::TemporaryFolder folder;
  folder.Write("rows.csv", "id,x,y\n1,5,a\n2,5,a\n3,6,b\n4,7,\n5,8,b\n6,9,a\n");
  RowChoice choice;
  choice.target = "y";
  choice.drop = {"id"};
  choice.clean = {*data::ParseCleaningStep("drop-duplicates"),
                  *data::ParseCleaningStep("drop-missing-target")};
  choice.test_share = 0;
  const auto rows = Choose(folder / "rows.csv", choice);
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_THAT(rows->train.table.numbers, ElementsAre(1, 3, 5, 6));
  EXPECT_THAT(rows->train.table.columns, SizeIs(1));
  EXPECT_THAT(rows->cleaned, ElementsAre("drop-duplicates: 1 of 6 rows dropped",
                                         "drop-missing-target: 1 of 5 rows dropped"));
  EXPECT_EQ(rows->train.target.rows(), 4u);
  EXPECT_EQ(rows->test.size(), 0u);
  const auto judges = Choose(folder / "rows.csv", choice, Purpose::kJudge);
  EXPECT_THAT(judges->test_columns.Find("id")->numbers, ElementsAre(1, 3, 5, 6));
  EXPECT_EQ(judges->train.size(), 0u);
}

constexpr std::string_view kRoles =
    "x,who,w,day,y\n1,a,1,1,no\n2,a,1,1,yes\n3,b,1,2,no\n4,b,2,2,yes\n5,c,2,3,no\n6,c,3,3,yes\n";

std::string Refusal(std::string_view rows, const std::function<void(RowChoice&)>& set) {
  const io::TemporaryFolder folder;
  folder.Write("rows.csv", rows);
  RowChoice choice;
  choice.target = "y";
  set(choice);
  const auto chosen = Choose(folder / "rows.csv", choice);
  return chosen.ok() ? "" : std::string(MessageOf(chosen.status()));
}

TEST(ChooseRowsTest, RowsTakeTheirRolesAlongAndNoRoleIsLearntFrom) {
  const io::TemporaryFolder folder;
  folder.Write("rows.csv", kRoles);
  RowChoice choice;
  choice.target = "y";
  choice.group = "who";
  choice.weights = "w";
  choice.drop = {"day"};
  choice.test_share = 0.3;
  const auto rows = Choose(folder / "rows.csv", choice);
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_EQ(rows->kind, data::SplitKind::kGrouped);
  for (const train::Dataset* part : {&rows->train, &rows->test}) {
    ASSERT_THAT(part->table.columns, SizeIs(1));
    ASSERT_TRUE(part->group);
    EXPECT_EQ(part->weights.size(), part->size());
    for (size_t row = 0; row < part->size(); ++row)
      EXPECT_EQ(part->table.columns[0].numbers[row], static_cast<double>(part->table.numbers[row]));
  }
  EXPECT_EQ(rows->test.size(), 2u);
  EXPECT_THAT(rows->test_columns.columns, SizeIs(5));
}

TEST(ChooseRowsTest, AColumnHasOneRole) {
  EXPECT_EQ(Refusal(kRoles,
                    [](RowChoice& c) {
                      c.group = "who";
                      c.drop = {"who"};
                    }),
            "column \"who\" is named by --group and --drop: expected one of them");
  EXPECT_EQ(Refusal(kRoles, [](RowChoice& c) { c.weights = c.group = "w"; }),
            "column \"w\" is named by --weights and --group: expected one of them");
  EXPECT_EQ(Refusal(kRoles, [](RowChoice& c) { c.time = "y"; }),
            "column \"y\" is named by --target and --time: expected one of them");
  EXPECT_EQ(Refusal(kRoles, [](RowChoice& c) { c.drop = {"w", "w"}; }), "");
}

TEST(ChooseRowsTest, WhatRowsLackIsToldByTheirNumberInTheFileWhateverTheShare) {
  // The second row goes before anybody counts.
  const std::string rows = "x,who,w,y\n1,a,1,no\n1,a,1,no\n2,b,1,yes\n3,,-1,no\n4,b,1,\n";
  for (const double share : {0.0, 0.4}) {
    const auto refusal = [&](const std::function<void(RowChoice&)>& set) {
      return Refusal(rows, [&](RowChoice& choice) {
        choice.clean = {*data::ParseCleaningStep("drop-duplicates"),
                        *data::ParseCleaningStep("drop-missing-target")};
        choice.test_share = share;
        set(choice);
      });
    };
    EXPECT_THAT(refusal([](RowChoice& c) { c.group = "who"; }),
                HasSubstr("group column \"who\": row 4 has no value"));
    EXPECT_THAT(refusal([](RowChoice& c) { c.time = "who"; }),
                HasSubstr("time column \"who\" is of type category: expected times or numbers"));
    EXPECT_THAT(refusal([](RowChoice& c) { c.weights = "w"; }),
                HasSubstr("--weights: column \"w\": row 4: expected a finite number, 0 or more"));
    EXPECT_THAT(refusal([](RowChoice& c) { c.clean.pop_back(); }),
                HasSubstr("target column \"y\": row 5 has no value"));
  }
}

TEST(ChooseRowsTest, PartsWithoutWeightAreNamed) {
  const std::string rows =
      "x,t,w,y\n1,1,1,no\n2,2,1,yes\n3,3,1,no\n4,4,1,yes\n5,5,0,no\n6,6,0,yes\n";
  const auto set = [](double share) {
    return [share](RowChoice& c) {
      c.time = "t";
      c.weights = "w";
      c.test_share = share;
    };
  };
  EXPECT_THAT(
      Refusal(rows, set(0.3)),
      HasSubstr("--weights: column \"w\": rows held out: the weights of all 2 rows are zero"));
  EXPECT_EQ(Refusal(rows, set(0.5)), "");
}

TEST(ChooseRowsTest, ColumnsThatAreNotThereAreNamedWithTheirOption) {
  const auto refusal = [&](const std::function<void(RowChoice&)>& set) {
    return Refusal("x,label\n5,a\n6,b\n5,a\n6,b\n", [&](RowChoice& choice) {
      choice.target = "label";
      set(choice);
    });
  };
  EXPECT_THAT(refusal([](RowChoice& c) { c.target = "lable"; }),
              HasSubstr("--target: there is no column \"lable\"; did you mean \"label\"?"));
  EXPECT_THAT(refusal([](RowChoice& c) { c.weights = "w"; }), HasSubstr("--weights: there is no"));
  EXPECT_THAT(refusal([](RowChoice& c) {
                c.target = "x";
                c.weights = "label";
              }),
              HasSubstr("expected numbers"));
  EXPECT_THAT(refusal([](RowChoice& c) { c.drop = {"z"}; }), HasSubstr("--drop: there is no"));
  EXPECT_EQ(refusal([](RowChoice&) {}), "");
}

}  // namespace
}  // namespace slipway::pipeline
