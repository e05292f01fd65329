#include "cli/optimise_report.h"

namespace slipway::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

optimise::Trial Measured(size_t memory_bytes) {
  optimise::Trial trial;
  trial.standing.name = "original";
  trial.standing.size_bytes = 1'234'567;
  trial.standing.memory_bytes = memory_bytes;
  trial.standing.one.rounds.p50_ms = {2};
  trial.standing.best = trial.standing.one;
  return trial;
}

TEST(OptimiseReportTest, MemoryThatIsNotKnownIsADash) {
  EXPECT_THAT(TableOf({Measured(0)}, 0), HasSubstr("1,234,567  –\n"));
  EXPECT_THAT(TableOf({Measured(2'048)}, 0), HasSubstr("1,234,567  2,048\n"));
}

TEST(OptimiseReportTest, WhatAPassLeftIsToldAlsoWhereThereWasNothingToDo) {
  OptimiseReport report{.trials = {Measured(0)}};
  report.passes.push_back({.pass = "quantise-dynamic", .left = "1 node stays in float"});
  EXPECT_THAT(ToText(report), HasSubstr("nothing to do, 1 node stays in float (0 ms)"));
  EXPECT_THAT(ToJson(report), HasSubstr(R"("left":"1 node stays in float")"));
  report.passes[0] = {.pass = "quantise-dynamic", .done = "2 nodes compute in INT8"};
  EXPECT_THAT(ToJson(report), Not(HasSubstr("left")));
}

}  // namespace
}  // namespace slipway::cli
