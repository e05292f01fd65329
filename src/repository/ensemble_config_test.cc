#include "repository/ensemble_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "repository/model_config.h"

namespace slipway::repository {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// Lines 1 to 3; steps begin at line 4.
std::string Config(std::string_view steps) {
  return fmt::format(R"(platform: "ensemble"
input {{ name: "IN" data_type: TYPE_FP32 dims: 4 }} output {{ name: "OUT" data_type: TYPE_FP32 dims: 4 }}
ensemble_scheduling {{ step [
{}
] }})",
                     steps);
}

std::string Step(std::string_view model, std::string_view takes, std::string_view makes) {
  return fmt::format(R"({{ model_name: "{}" model_version: -1 input_map {{ key: "x" value: "{}" }})"
                     R"( output_map {{ key: "y" value: "{}" }} }})",
                     model, takes, makes);
}

TEST(EnsembleConfigTest, StepsAreInAnOrderInWhichEachFindsItsInputs) {
  const auto config =
      ParseModelConfig(Config(Step("last", "t", "OUT") + ",\n" + Step("first", "IN", "t")), "f");
  ASSERT_TRUE(config.ok()) << config.status();
  ASSERT_EQ(config->ensemble.size(), 2u);
  EXPECT_EQ(config->ensemble[0].model, "first");
  EXPECT_EQ(config->ensemble[0].line, 5);
  EXPECT_EQ(config->ensemble[1], (EnsembleStep{.model = "last",
                                               .version = "",
                                               .inputs = {{"x", "t"}},
                                               .outputs = {{"y", "OUT"}},
                                               .line = 4}));
}

TEST(EnsembleConfigTest, SaysWhichStepIsWrong) {
  const std::string in_out = Step("m", "IN", "OUT");
  const std::pair<std::string, std::string> cases[] = {
      {Config(Step("m", "elsewhere", "OUT")),
       "config.pbtxt:4: step with model \"m\": input \"x\": expected an input of the ensemble or "
       "an output of a step, \"elsewhere\" is neither"},
      {Config(Step("a", "t", "OUT") + ",\n" + Step("b", "OUT", "t")),
       "config.pbtxt:4: step with model \"a\": its inputs depend on its own outputs"},
      {Config(in_out + ",\n" + in_out),
       "config.pbtxt:5: step with model \"m\": output \"y\": \"OUT\" is there already"},
      {Config(Step("m", "IN", "IN")), "output \"y\": \"IN\" is there already"},
      {Config(Step("m", "IN", "t")), "output \"OUT\": expected a step that makes it"},
      {Config(R"({ model_name: "m" output_map { key: "y" value: "OUT" } })"),
       "config.pbtxt:4: \"step\": expected an input_map"},
      {Config(R"({ model: "m" })"), "unknown field \"model\" in \"step\""},
      {"platform: \"ensemble\"", "\"platform\": \"ensemble\" needs ensemble_scheduling"},
      {"ensemble_scheduling { step " + in_out + " }", "expected platform: \"ensemble\""},
      {"platform: \"ensemble\" ensemble_scheduling { step " + in_out + " }",
       "an ensemble needs input and output"},
  };
  for (const auto& [text, message] : cases) {
    const auto config = ParseModelConfig(text, "config.pbtxt");
    ASSERT_FALSE(config.ok()) << text;
    EXPECT_THAT(std::string(MessageOf(config.status())), HasSubstr(message)) << text;
  }
}

TEST(EnsembleConfigTest, HasAsManyStepsAsItMay) {
  std::string steps;
  for (size_t i = 0; i <= kMaxEnsembleSteps; ++i)
    steps += fmt::format("{}{}", i ? "," : "", Step("m", "IN", fmt::format("t{}", i)));
  EXPECT_THAT(std::string(MessageOf(ParseModelConfig(Config(steps), "f").status())),
              HasSubstr("expected at most 100 steps"));
}

TEST(EnsembleConfigTest, WhatOnlyAModelOfItsOwnHasIsNamed) {
  const auto config = ParseModelConfig(
      Config(Step("m", "IN", "OUT")) + "\ndynamic_batching {} instance_group { count: 2 }", "f");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_THAT(config->without_effect, ElementsAre("instance_group", "dynamic_batching"));
}

}  // namespace
}  // namespace slipway::repository
