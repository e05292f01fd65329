#include "pipeline/row_choice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "io/testing/temporary_folder.h"

namespace slipway::pipeline {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(RowChoiceTest, IsReadBackAsItWasWritten) {
  RowChoice choice;
  choice.target = "a \"target\", with commas";
  choice.task = data::Task::kRegression;
  choice.types = {{"zip", data::ColumnType::kCategory}};
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
        R"({"target":"y","clean":["drop"]})", R"({"target":"y","types":{"x":"word"}})",
        R"({"target":"y"} x)", R"({"target":"y","seed":-1})"})
    EXPECT_FALSE(ReadRowChoice(text).ok()) << text;
}

StatusOr<ChosenRows> Choose(const std::string& path, const RowChoice& choice) {
  ASSIGN_OR_RETURN(data::TableFile file, ReadFile(path, choice));
  return ChooseRows(std::move(file), choice, true);
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
  EXPECT_THAT(rows->table.Find("id")->numbers, ElementsAre(1, 3, 5, 6));
  EXPECT_THAT(rows->cleaned, ElementsAre("drop-duplicates: 1 of 6 rows dropped",
                                         "drop-missing-target: 1 of 5 rows dropped"));
  EXPECT_THAT(rows->split.train, ElementsAre(0, 1, 2, 3));
  EXPECT_EQ(rows->target.rows(), 4u);
}

TEST(ChooseRowsTest, ColumnsThatAreNotThereAreNamedWithTheirOption) {
  const io::TemporaryFolder folder;
  folder.Write("rows.csv", "x,label\n5,a\n6,b\n5,a\n6,b\n");
  const auto refusal = [&](auto set) {
    RowChoice choice;
    choice.target = "label";
    set(choice);
    const auto rows = Choose(folder / "rows.csv", choice);
    return rows.ok() ? "" : std::string(MessageOf(rows.status()));
  };
  EXPECT_THAT(refusal([](RowChoice& c) { c.target = "lable"; }),
              HasSubstr("--target: there is no column \"lable\"; did you mean \"label\"?"));
  EXPECT_THAT(refusal([](RowChoice& c) { c.weights = "w"; }), HasSubstr("--weights: there is no"));
  EXPECT_THAT(refusal([](RowChoice& c) { c.weights = "label"; }), HasSubstr("expected numbers"));
  EXPECT_THAT(refusal([](RowChoice& c) { c.drop = {"z"}; }), HasSubstr("--drop: there is no"));
  EXPECT_EQ(refusal([](RowChoice&) {}), "");
}

}  // namespace
}  // namespace slipway::pipeline
