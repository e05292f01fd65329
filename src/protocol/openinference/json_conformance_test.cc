// JSON test cases as infer and repository requests: refused as syntax or not at all.

#include <chrono>

#include "protocol/openinference/repository_reader.h"
#include "protocol/openinference/request_reader.h"
#include "text/testing/json_cases.h"

namespace slipway::openinference {
namespace {

using testing::JsonCase;
using testing::Verdict;

Status ReadInfer(std::string_view body) {
  InferRequest request;
  return ReadRequest(std::as_bytes(std::span(body)), body.size(), request);
}

bool IsSyntax(const Status& status) {
  return MessageOf(status).find("JSON, byte ") != std::string_view::npos;
}

/// A case in places that the readers have no use for, so only its grammar counts.
void ExpectInSpareFields(const JsonCase& json) {
  constexpr std::string_view kAround[][2] = {
      {R"({"spare":)", R"(,"inputs":[]})"},
      {R"({"inputs":[],"parameters":{"custom":[{"deep":)", R"(}]}})"},
      {R"({"inputs":[{"spare":)", R"(,"name":"x","shape":[1],"datatype":"FP32","data":[1]}]})"}};
  for (const auto& [before, after] : kAround) {
    const Status status = ReadInfer(std::string(before) + json.text + std::string(after));
    if (json.verdict == Verdict::kAccept) {
      EXPECT_TRUE(status.ok()) << json.name << ": " << MessageOf(status);
    } else if (json.verdict == Verdict::kRefuse) {
      // Mostly as syntax; a closing bracket too many may end a member early and make sense so far.
      EXPECT_FALSE(status.ok()) << json.name;
    }
  }
}

void ExpectAsBody(const JsonCase& json) {
  const auto start = std::chrono::steady_clock::now();
  const Status infer = ReadInfer(json.text);
  EXPECT_FALSE(infer.ok()) << json.name;  // none has inputs
  EXPECT_EQ(ReasonOf(infer), Reason::kBadRequest) << json.name;
  const Status load = ReadLoadRequest(json.text);
  if (json.verdict == Verdict::kRefuse && !json.text.empty()) {
    EXPECT_TRUE(IsSyntax(infer)) << json.name << ": " << MessageOf(infer);
    EXPECT_TRUE(!load.ok() && IsSyntax(load)) << json.name << ": " << MessageOf(load);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(1)) << json.name;
}

TEST(OpenInferenceJsonTest, OurOwnTable) {
  for (const JsonCase& json : testing::JsonCases()) {
    ExpectAsBody(json);
    ExpectInSpareFields(json);
  }
}

TEST(OpenInferenceJsonTest, PublicTestSuite) {
  const std::vector<JsonCase> cases = testing::JsonTestSuite();
  if (cases.empty()) GTEST_SKIP() << "JSONTestSuite cannot be fetched from the npm registry";
  for (const JsonCase& json : cases) {
    ExpectAsBody(json);
    ExpectInSpareFields(json);
  }
}

}  // namespace
}  // namespace slipway::openinference
