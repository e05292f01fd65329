#include "lifecycle/ensemble.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace slipway::lifecycle {
namespace {

using testing::HasSubstr;

// x FP32 [-1,4], optional scale FP32 [1] -> y FP32 [-1,4], n INT64 [-1]
ServedVersion Member() {
  ServedVersion member{.name = *ModelName::Parse("m")};
  member.signature = {
      .inputs = {{"x", DType::kFp32, {-1, 4}}, {"scale", DType::kFp32, {1}, /*optional=*/true}},
      .outputs = {{"y", DType::kFp32, {-1, 4}}, {"n", DType::kInt64, {-1}}}};
  return member;
}

repository::ModelConfig Ensemble(TensorSpec in, TensorSpec out,
                                 std::map<std::string, std::string> inputs,
                                 std::map<std::string, std::string> outputs) {
  repository::ModelConfig config;
  config.max_batch_size = 8;
  config.inputs = {{.spec = std::move(in), .label_filename = ""}};
  config.outputs = {{.spec = std::move(out), .label_filename = ""}};
  config.ensemble = {{.model = "m",
                      .version = "3",
                      .inputs = std::move(inputs),
                      .outputs = std::move(outputs),
                      .line = 7}};
  return config;
}

Status Check(const repository::ModelConfig& config, const ServedVersion* member) {
  return CheckSteps(config, [member](std::string_view model, std::string_view version) {
    EXPECT_EQ(model, "m");
    EXPECT_EQ(version, "3");
    return member;
  });
}

const TensorSpec kIn{"IN", DType::kFp32, {4}}, kOut{"OUT", DType::kFp32, {4}};

TEST(EnsembleTest, TensorsMeetWithTheBatchsDimension) {
  const ServedVersion member = Member();
  const auto config = Ensemble(kIn, kOut, {{"x", "IN"}}, {{"y", "OUT"}});
  EXPECT_EQ(SignatureOf(config).inputs[0].shape, (Shape{-1, 4}));
  EXPECT_TRUE(Check(config, &member).ok());
}

TEST(EnsembleTest, SaysWhatDoesNotMeetAndWhere) {
  const ServedVersion member = Member();
  const TensorSpec wide{"IN", DType::kFp32, {5}}, whole{"OUT", DType::kInt64, {4}};
  const std::pair<repository::ModelConfig, std::string> cases[] = {
      {Ensemble(wide, kOut, {{"x", "IN"}}, {{"y", "OUT"}}),
       "config.pbtxt:7: step with model \"m\": input \"x\": expected FP32 [-1,4], \"IN\" is FP32 "
       "[-1,5]"},
      {Ensemble(kIn, kOut, {{"scale", "IN"}}, {{"y", "OUT"}}),
       "input \"scale\": expected FP32 [1]"},
      {Ensemble(kIn, kOut, {{"w", "IN"}}, {{"y", "OUT"}}), "the model has no input \"w\""},
      {Ensemble(kIn, kOut, {{"x", "IN"}}, {{"z", "OUT"}}), "the model has no output \"z\""},
      {Ensemble(kIn, whole, {{"x", "IN"}}, {{"y", "OUT"}}),
       "output \"OUT\": the configuration says INT64 [-1,4], a step makes FP32 [-1,4]"},
  };
  for (const auto& [config, message] : cases)
    EXPECT_THAT(std::string(MessageOf(Check(config, &member))), HasSubstr(message));
}

TEST(EnsembleTest, EveryInputThatAMemberNeedsIsMapped) {
  ServedVersion member = Member();
  member.signature.inputs[1] = {"scale", DType::kFp32, {-1, 4}};
  const auto config = Ensemble(kIn, kOut, {{"x", "IN"}}, {{"y", "OUT"}});
  EXPECT_THAT(std::string(MessageOf(Check(config, &member))),
              HasSubstr("input \"scale\" of the model is not in the input_map"));
}

TEST(EnsembleTest, MembersAreServedAndNoEnsembles) {
  const auto config = Ensemble(kIn, kOut, {{"x", "IN"}}, {{"y", "OUT"}});
  EXPECT_THAT(std::string(MessageOf(Check(config, nullptr))), HasSubstr("version 3 is not served"));
  ServedVersion member = Member();
  member.config.ensemble = config.ensemble;
  EXPECT_EQ(ReasonOf(Check(config, &member)), Reason::kUnsupported);
}

}  // namespace
}  // namespace slipway::lifecycle
