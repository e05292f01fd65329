#include "pipeline/fit_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "io/testing/temporary_folder.h"

namespace slipway::pipeline {
namespace {

using ::testing::HasSubstr;

TEST(CheckpointTest, IsReadBackForTheSameTrainingOnly) {
  const io::TemporaryFolder folder;
  const std::string path = folder / "fit", state("a\0b\n", 4);
  ASSERT_TRUE(WriteCheckpoint(path, {"digest", state}).ok());
  EXPECT_EQ(*ReadCheckpoint(path, "digest"), state);
  EXPECT_THAT(std::string(MessageOf(ReadCheckpoint(path, "another").status())),
              HasSubstr("of a training with other data or options"));
}

TEST(CheckpointTest, WithoutAFileThereIsNoState) {
  const io::TemporaryFolder folder;
  EXPECT_EQ(*ReadCheckpoint(folder / "fit", "digest"), "");
}

TEST(CheckpointTest, WhatIsNoCheckpointIsRefused) {
  const io::TemporaryFolder folder;
  for (const char* content : {"", "slipway checkpoint 1\n", "PK\x03\x04 something else"}) {
    folder.Write("fit", content);
    EXPECT_EQ(ReasonOf(ReadCheckpoint(folder / "fit", "digest").status()), Reason::kBadRequest);
  }
}

TEST(FitWatchTest, SavesWhenTheTimeHasCome) {
  const io::TemporaryFolder folder;
  FitWatch always({.checkpoint = folder / "fit", .training = "digest"});
  EXPECT_TRUE(always.WantsCheckpoint());
  ASSERT_TRUE(always.SaveCheckpoint("state").ok());
  EXPECT_EQ(*ReadCheckpoint(folder / "fit", "digest"), "state");
  FitWatch later({.checkpoint = folder / "fit", .training = "d", .every = std::chrono::hours(1)});
  EXPECT_FALSE(later.WantsCheckpoint());
  EXPECT_FALSE(FitWatch({}).WantsCheckpoint());
}

TEST(FitWatchTest, StopsForGoodOnceAsked) {
  bool asked = false;
  FitWatch watch({.should_stop = [&] { return asked; }});
  EXPECT_TRUE(watch.Report({}));
  asked = true;
  EXPECT_FALSE(watch.Report({}));
  asked = false;
  EXPECT_FALSE(watch.Report({}));
  EXPECT_TRUE(watch.stopped());
}

}  // namespace
}  // namespace slipway::pipeline
