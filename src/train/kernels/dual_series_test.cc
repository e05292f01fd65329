#include "train/kernels/dual_series.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "train/checkpoint.h"
#include "train/kernels/testing/mixed_classes.h"
#include "train/testing/all_checkpoints.h"

namespace slipway::train {
namespace {

using testing::AllCheckpoints;
using ::testing::HasSubstr;
using testing::MixedClasses;

/// Two problems, one after the other.
StatusOr<std::vector<DualSolution>> SolveBoth(const MixedClasses& first, const MixedClasses& second,
                                              Watch* watch, std::string_view checkpoint) {
  ASSIGN_OR_RETURN(const auto series,
                   DualSeries::Create("both", 2, {.watch = watch, .checkpoint = checkpoint}));
  std::vector<DualSolution> solutions(2);
  ASSIGN_OR_RETURN(solutions[0], series->Solve(0, first.problem, {.tolerance = 1e-6}));
  ASSIGN_OR_RETURN(solutions[1], series->Solve(1, second.problem, {.tolerance = 1e-6}));
  return solutions;
}

TEST(DualSeriesTest, WhatIsSolvedStaysAndWhatIsBegunGoesOn) {
  const MixedClasses first(400, 10), second(500, 10);
  AllCheckpoints watch;
  const auto whole = SolveBoth(first, second, &watch, "");
  ASSERT_TRUE(whole.ok()) << whole.status();
  ASSERT_GT(watch.checkpoints.size(), 4);
  for (size_t i = 0; i < watch.checkpoints.size(); ++i) {
    AllCheckpoints rest;
    const auto resumed = SolveBoth(first, second, &rest, watch.checkpoints[i]);
    ASSERT_TRUE(resumed.ok()) << resumed.status();
    for (size_t p = 0; p < 2; ++p) {
      EXPECT_EQ((*resumed)[p].alpha, (*whole)[p].alpha);
      EXPECT_EQ((*resumed)[p].rho, (*whole)[p].rho);
      EXPECT_EQ((*resumed)[p].iterations, (*whole)[p].iterations);
    }
    EXPECT_EQ(rest.checkpoints.size(), watch.checkpoints.size() - i - 1) << "it was solved again";
  }
}

TEST(DualSeriesTest, CheckpointsOfOthersAndDamagedOnesAreRefused) {
  const MixedClasses first(400, 10), second(500, 10);
  AllCheckpoints watch;
  ASSERT_TRUE(SolveBoth(first, second, &watch, "").ok());
  const std::string& begun = watch.checkpoints.front();
  for (const size_t size : {size_t{1}, size_t{12}, begun.size() / 2, begun.size() - 1})
    EXPECT_FALSE(SolveBoth(first, second, nullptr, begun.substr(0, size)).ok()) << size;
  EXPECT_FALSE(SolveBoth(first, second, nullptr, begun + "more").ok());
  for (const std::string& checkpoint : {begun, watch.checkpoints.back()}) {
    const auto swapped = SolveBoth(second, first, nullptr, checkpoint);
    ASSERT_FALSE(swapped.ok());
    EXPECT_THAT(MessageOf(swapped.status()),
                HasSubstr("checkpoint: expected a state of this training"));
  }
  const auto other = DualSeries::Create("others", 2, {.checkpoint = begun});
  EXPECT_FALSE(other.ok());
}

TEST(DualSeriesTest, StatesThatNoSolverStandsInAreRefused) {
  const MixedClasses example(20);
  const DualState good = {
      .until_shrinking = 1, .alpha = std::vector<double>(20), .active = {0, 3}, .slope = {-1, 1}};
  EXPECT_TRUE(Fits(good, example.problem));
  const auto with = [&](auto change) {
    DualState state = good;
    change(state);
    return Fits(state, example.problem);
  };
  EXPECT_FALSE(with([](DualState& state) { state.until_shrinking = 0; }));
  EXPECT_FALSE(with([](DualState& state) { state.iterations = -1; }));
  EXPECT_FALSE(with([](DualState& state) { state.alpha[4] = 2.5; }));
  EXPECT_FALSE(with([](DualState& state) { state.alpha[4] = NAN; }));
  EXPECT_FALSE(with([](DualState& state) { state.alpha.pop_back(); }));
  EXPECT_FALSE(with([](DualState& state) { state.slope.pop_back(); }));
  EXPECT_FALSE(with([](DualState& state) { state.active = {3, 3}; }));
  EXPECT_FALSE(with([](DualState& state) { state.active = {0, 20}; }));
  EXPECT_FALSE(with([](DualState& state) { state.active = {}, state.slope = {}; }));
}

TEST(DualSeriesTest, ACheckpointThatCannotBeSavedEndsTheFit) {
  const MixedClasses first(400, 10), second(500, 10);
  AllCheckpoints watch;
  watch.saved = MakeError(Reason::kIo, "the disk is full");
  const auto solved = SolveBoth(first, second, &watch, "");
  ASSERT_FALSE(solved.ok());
  EXPECT_EQ(MessageOf(solved.status()), "the disk is full");
  EXPECT_EQ(watch.checkpoints.size(), 1);
}

TEST(DualSeriesTest, WhatWasStoppedIsNotKept) {
  const MixedClasses first(400, 10), second(500, 10);
  AllCheckpoints watch;
  watch.stops_after = 1;
  ASSERT_TRUE(SolveBoth(first, second, &watch, "").ok());
  EXPECT_EQ(watch.checkpoints.size(), 1);
}

}  // namespace
}  // namespace slipway::train
