#include "protocol/torchserve/errors.h"

namespace slipway::torchserve {
namespace {

TEST(TorchserveErrorsTest, NameTheClassThatTorchServeThrows) {
  const std::tuple<Reason, bool, std::string_view> table[] = {
      {Reason::kNotFound, false, "ModelNotFoundException"},
      {Reason::kNotFound, true, "ModelVersionNotFoundException"},
      {Reason::kBadRequest, true, "BadRequestException"},
      {Reason::kAlreadyExists, true, "ConflictStatusException"},
      {Reason::kQueueFull, true, "ServiceUnavailableException"},
      {Reason::kLoading, false, "ServiceUnavailableException"},
      {Reason::kNotOffered, true, "InternalServerException"},
      {Reason::kInternal, true, "InternalServerException"},
  };
  for (const auto& [reason, known, type] : table) EXPECT_EQ(ErrorType(reason, known), type);
}

TEST(TorchserveErrorsTest, AreAnObjectOfCodeTypeAndMessage) {
  http::Response response;
  WriteError(Error(Reason::kNotFound, "no model \"x\""), false, "r", response);
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(response.body,
            R"({"code":404,"type":"ModelNotFoundException","message":"no model \"x\""})");
  WriteError(MakeError(Reason::kInternal, "secret"), true, "r7", response);
  EXPECT_EQ(response.status, 500);
  EXPECT_THAT(response.body, ::testing::HasSubstr("request id r7"));
  EXPECT_THAT(response.body, ::testing::Not(::testing::HasSubstr("secret")));
}

TEST(TorchserveErrorsTest, FillAKibibyteWhateverIsEscaped) {
  for (const char c : {'a', '"', '\x01'}) {
    http::Response response;
    WriteError(MakeError(Reason::kBadRequest, std::string(5000, c)), true, "r", response);
    EXPECT_THAT(response.body.size(), ::testing::AllOf(::testing::Le(1024u), ::testing::Gt(1010u)));
    EXPECT_TRUE(response.body.ends_with("...\"}")) << response.body;
  }
}

}  // namespace
}  // namespace slipway::torchserve
