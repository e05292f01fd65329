#include "pipeline/checkpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "io/testing/temporary_folder.h"
#include "pipeline/fit_watch.h"

namespace slipway::pipeline {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

train::Recipe RecipeOf(std::string depth) {
  return {*train::FindEstimator("tree"), {{"max_depth", std::move(depth)}}};
}

train::Trial TrialOf(std::string depth, std::vector<double> scores) {
  train::Trial trial;
  trial.recipe = RecipeOf(std::move(depth));
  trial.scores = std::move(scores);
  trial.model_bytes = 77;
  trial.rows = 50;
  trial.time = std::chrono::milliseconds(3);
  return trial;
}

class TrainingCheckpointTest : public ::testing::Test {
 protected:
  StatusOr<Checkpoint> Open(std::string training = "digest", Duration every = {}) {
    return Checkpoint::Open(path_, std::move(training), every);
  }
  const io::TemporaryFolder folder_;
  const std::string path_ = folder_ / "fit";
};

TEST_F(TrainingCheckpointTest, TrialsAndStateAreReadBack) {
  auto written = Open();
  ASSERT_TRUE(written.ok()) << written.status();
  EXPECT_FALSE(written->is_resumed());
  ASSERT_TRUE(written->Remember(TrialOf("3", {0.1, 0.30000000000000004}), 40).ok());
  ASSERT_TRUE(written->Remember(TrialOf("4", {0.5}), SIZE_MAX).ok());
  const std::string state("a\0b\n{", 5);
  ASSERT_TRUE(written->SaveState(RecipeOf("3"), state).ok());

  const auto read = Open();
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_TRUE(read->is_resumed());
  EXPECT_EQ(read->StateOf(RecipeOf("3")), state);
  EXPECT_EQ(read->StateOf(RecipeOf("4")), "");
  const auto trial = read->Recall(RecipeOf("3"), 40);
  ASSERT_TRUE(trial);
  EXPECT_THAT(trial->scores, ElementsAre(0.1, 0.30000000000000004));
  EXPECT_DOUBLE_EQ(trial->mean, 0.2);
  EXPECT_GT(trial->error, 0);
  EXPECT_EQ(trial->model_bytes, 77u);
  EXPECT_EQ(trial->rows, 50u);
  EXPECT_EQ(trial->time, std::chrono::milliseconds(3));
  EXPECT_FALSE(read->Recall(RecipeOf("3"), 41));
  EXPECT_TRUE(read->Recall(RecipeOf("4"), SIZE_MAX));
}

TEST_F(TrainingCheckpointTest, TrialsThatFailedAreTriedAgain) {
  auto checkpoint = Open();
  train::Trial failed = TrialOf("3", {0.1});
  failed.status = Error(Reason::kBadRequest, "no");
  ASSERT_TRUE(checkpoint->Remember(failed, 1).ok());
  EXPECT_FALSE(checkpoint->Recall(RecipeOf("3"), 1));
}

TEST_F(TrainingCheckpointTest, OfAnotherTrainingIsRefused) {
  ASSERT_TRUE(Open()->SaveState(RecipeOf("3"), "state").ok());
  const auto another = Open("another");
  ASSERT_FALSE(another.ok());
  EXPECT_THAT(std::string(MessageOf(another.status())),
              HasSubstr("fit: this checkpoint is of a training with other data or options"));
}

TEST_F(TrainingCheckpointTest, WhatIsNoCheckpointIsRefused) {
  for (const char* content :
       {"", "slipway checkpoint 2\n", "slipway checkpoint 2\ndigest", "PK\x03\x04 something else",
        "slipway checkpoint 2\ndigest\n{\"trial\":\"x\"}\n", "slipway checkpoint 2\ndigest\n[]\n",
        "slipway checkpoint 2\ndigest\n{\"trial\":\"x\",\"scores\":[1],\"rows\":-1}\n"}) {
    folder_.Write("fit", content);
    EXPECT_EQ(ReasonOf(Open().status()), Reason::kBadRequest) << content;
  }
}

TEST_F(TrainingCheckpointTest, ALineThatCannotBeReadIsNamed) {
  folder_.Write("fit", "slipway checkpoint 2\ndigest\n{\"trial\":\"x\",\"scores\":[null]}\n");
  const std::string message(MessageOf(Open().status()));
  EXPECT_THAT(message, HasSubstr("fit: line 3: "));
  EXPECT_THAT(message, HasSubstr("remove the file, or name another"));
}

TEST_F(TrainingCheckpointTest, IsWrittenWhenTheTimeHasCome) {
  auto always = Open();
  EXPECT_TRUE(always->IsDue());
  auto later = Open("digest", std::chrono::hours(1));
  EXPECT_FALSE(later->IsDue());
  ASSERT_TRUE(later->Remember(TrialOf("3", {0.1}), 1).ok());
  EXPECT_FALSE(Open()->is_resumed());
  EXPECT_FALSE(Checkpoint().IsDue());
}

TEST_F(TrainingCheckpointTest, AFitSavesItsStateAndStopsForGoodOnceAsked) {
  auto checkpoint = Open();
  const train::Recipe recipe = RecipeOf("3");
  bool asked = false;
  FitWatch watch(
      {.checkpoint = *checkpoint, .recipe = recipe, .should_stop = [&] { return asked; }});
  EXPECT_TRUE(watch.WantsCheckpoint());
  ASSERT_TRUE(watch.SaveCheckpoint("state").ok());
  EXPECT_EQ(Open()->StateOf(recipe), "state");
  EXPECT_TRUE(watch.Report({}));
  asked = true;
  EXPECT_FALSE(watch.Report({}));
  asked = false;
  EXPECT_FALSE(watch.Report({}));
  EXPECT_TRUE(watch.stopped());
}

}  // namespace
}  // namespace slipway::pipeline
