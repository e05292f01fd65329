#include "repository/choices.h"

#include "io/testing/temporary_folder.h"

namespace slipway::repository {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

TEST(ParsePlaceTest, TakesANameBeforeAnEqualsSign) {
  struct {
    std::string_view text, name, path;
  } const table[] = {
      {"models", "", "models"}, {"a=models/b", "a", "models/b"},
      {"a=b=c", "a", "b=c"},    {"./a=b.onnx", "", "./a=b.onnx"},
      {"=b", "", "=b"},         {"a=", "", "a="},
  };
  for (const auto& row : table) {
    const Place place = ParsePlace(row.text);
    EXPECT_EQ(place.name ? place.name->str() : "", row.name) << row.text;
    EXPECT_EQ(place.path, row.path) << row.text;
  }
}

FoundModel Digits() {
  FoundModel model{.name = *ModelName::Parse("digits")};
  for (const int64_t number : {1, 2, 5})
    model.versions.push_back({VersionNumber{number}, "", "", 0});
  model.aliases = {{"stable", VersionNumber{1}}};
  return model;
}

std::vector<int64_t> Served(const FoundModel& model) {
  std::vector<VersionNumber> found;
  for (const FoundVersion& version : model.versions) found.push_back(version.number);
  std::vector<int64_t> numbers;
  for (const VersionNumber version : model.config.version_policy.Select(found))
    numbers.push_back(version.value);
  return numbers;
}

TEST(ChoicesTest, SayWhichVersionsAreServed) {
  const std::pair<std::vector<std::string_view>, std::vector<int64_t>> table[] = {
      {{"digits=all"}, {1, 2, 5}},
      {{"digits=latest:2"}, {2, 5}},
      {{"digits=1", "digits=5"}, {1, 5}},
      {{"other=all"}, {5}},
  };
  for (const auto& [texts, served] : table) {
    Choices choices;
    for (const std::string_view text : texts) ASSERT_TRUE(choices.AddVersions(text).ok());
    FoundModel model = Digits();
    choices.Apply(model);
    EXPECT_EQ(Served(model), served) << texts.front();
  }
}

TEST(ChoicesTest, NamesWhatIsSaidOfModelsAndVersionsThatAreNotThere) {
  Choices choices;
  for (const std::string_view text : {"digits=1", "digits=7", "digit=all"})
    ASSERT_TRUE(choices.AddVersions(text).ok());
  for (const std::string_view text : {"digits@stable=2", "digits@canary=9", "wine@stable=1"})
    ASSERT_TRUE(choices.AddAlias(text).ok());
  for (const std::string_view text : {"digits=p", "*=q", "cheese=p"})
    ASSERT_TRUE(choices.AddAnswer(text).ok());
  const FoundModel models[] = {Digits()};
  EXPECT_THAT(
      choices.Unmet(Known(models)),
      ElementsAre("models.versions: there is no model \"digit\"; did you mean \"digits\"?",
                  "models.versions: model \"digits\" has no version 7",
                  "models.aliases: model \"digits\" has no version 9, which \"canary\" is to be",
                  "models.aliases: there is no model \"wine\"",
                  "models.answers: there is no model \"cheese\""));
}

TEST(ChoicesTest, AVersionThatIsNotThereIsTheModelsProblem) {
  Choices choices;
  ASSERT_TRUE(choices.AddVersions("digits=7").ok());
  FoundModel model = Digits();
  choices.Apply(model);
  EXPECT_EQ(MessageOf(model.problem), "none of the versions asked for is there");
}

TEST(ChoicesTest, AliasesWinOverTheFolders) {
  Choices choices;
  for (const std::string_view text : {"digits@stable=2", "digits@next=5", "digits@gone=9"})
    ASSERT_TRUE(choices.AddAlias(text).ok());
  FoundModel model = Digits();
  choices.Apply(model);
  EXPECT_THAT(model.aliases,
              ElementsAre(Pair("next", VersionNumber{5}), Pair("stable", VersionNumber{2})));
}

TEST(ChoicesTest, AnAnswerIsEachVersionsAndAStarIsForModelsWithoutOne) {
  Choices choices;
  ASSERT_TRUE(choices.AddAnswer("*=Booster.predict").ok());
  FoundModel model = Digits();
  choices.Apply(model);
  for (const FoundVersion& version : model.versions) EXPECT_EQ(version.answer, "Booster.predict");
  ASSERT_TRUE(choices.AddAnswer("digits=predict_proba,predict").ok());
  choices.Apply(model);
  for (const FoundVersion& version : model.versions)
    EXPECT_EQ(version.answer, "predict_proba,predict");
}

TEST(ChoicesTest, WhatIsNoneSaysWhatWasExpected) {
  Choices choices;
  for (const std::string_view text : {"", "digits", "=predict", "digits=", "*"})
    EXPECT_THAT(std::string(MessageOf(choices.AddAnswer(text))),
                HasSubstr("expected NAME=OUTPUT, NAME=OUTPUT,OUTPUT or NAME=Booster.predict"));
  for (const std::string_view text : {"", "digits", "=all", "digits=none", "digits=latest:0"})
    EXPECT_THAT(std::string(MessageOf(choices.AddVersions(text))),
                HasSubstr("expected NAME=all, NAME=latest:N or NAME=VERSION, got"));
  for (const std::string_view text : {"", "digits=1", "digits@=1", "digits@Stable=1", "digits@a=x"})
    EXPECT_THAT(std::string(MessageOf(choices.AddAlias(text))),
                HasSubstr("expected NAME@ALIAS=VERSION"));
  EXPECT_EQ(MessageOf(choices.AddAlias("digits@latest=1")),
            "\"latest\" is built in and cannot be set");
}

TEST(NamedSourceTest, IsOneModelUnderItsName) {
  io::TemporaryFolder root;
  root.Write("folder/1/model.onnx", "m");
  root.Write("folder/2/model.onnx", "m");
  root.Write("file.onnx", "m");
  for (const std::string path : {"/folder", "/file.onnx"}) {
    auto source = OpenSource("wine=" + root.path() + path);
    ASSERT_TRUE(source.ok()) << source.status();
    Choices choices;
    ASSERT_TRUE(choices.AddVersions("wine=all").ok());
    const auto models = WithChoices(*std::move(source), choices)->Scan();
    ASSERT_TRUE(models.ok()) << models.status();
    ASSERT_EQ(models->size(), 1u);
    EXPECT_EQ(models->front().name.str(), "wine");
    EXPECT_EQ(models->front().config.version_policy.kind, VersionPolicy::Kind::kAll);
  }
}

}  // namespace
}  // namespace slipway::repository
