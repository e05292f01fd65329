// JSON test cases as infer requests and as requests about the server: refused as syntax or not at
// all.

#include <chrono>

#include "protocol/openinference/repository_reader.h"
#include "protocol/openinference/request_reader.h"
#include "protocol/openinference/shared_memory_reader.h"
#include "text/testing/json_cases.h"

namespace slipway::openinference {
namespace {

using testing::JsonCase;
using testing::Verdict;

Status ReadInfer(std::string_view body) {
  InferRequest request;
  return ReadRequest(std::as_bytes(std::span(body)), body.size(), request);
}

/// A reader of what is no inference, and what a case is put between; nobody reads it there.
struct AboutServer {
  std::string_view name;
  Status (*read)(std::string_view body);
  std::string_view before, after;
  bool may_be_empty = true;
};

constexpr AboutServer kAboutServer[] = {
    {"index", [](std::string_view body) { return ReadIndexRequest(body).status(); },
     R"({"ready":true,"spare":)", "}"},
    {"load", ReadLoadRequest, R"({"parameters":{"spare":)", "}}"},
    {"unload", [](std::string_view body) { return ReadUnloadRequest(body).status(); },
     R"({"parameters":{"unload_dependents":true,"spare":)", "}}"},
    {"logging, trace", [](std::string_view body) { return ReadSettings(body).status(); },
     R"({"log_info":)", "}"},
    {"shared memory", [](std::string_view body) { return ReadRegisterRequest(body).status(); },
     R"({"key":"/k","spare":)", R"(,"byte_size":1})", /*may_be_empty=*/false},
};

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

void ExpectAboutServer(const JsonCase& json) {
  const bool is_nothing = json.text.empty();
  for (const AboutServer& request : kAboutServer) {
    const Status body = request.read(json.text);
    if (json.verdict == Verdict::kRefuse && !(is_nothing && request.may_be_empty)) {
      EXPECT_TRUE(IsSyntax(body)) << request.name << ": " << json.name << ": " << MessageOf(body);
    }
    const Status spare =
        request.read(std::string(request.before) + json.text + std::string(request.after));
    if (json.verdict != Verdict::kEither) {
      EXPECT_EQ(spare.ok(), json.verdict == Verdict::kAccept)
          << request.name << ": " << json.name << ": " << MessageOf(spare);
    }
  }
}

void ExpectAsBody(const JsonCase& json) {
  const auto start = std::chrono::steady_clock::now();
  const Status infer = ReadInfer(json.text);
  EXPECT_FALSE(infer.ok()) << json.name;  // none has inputs
  EXPECT_EQ(ReasonOf(infer), Reason::kBadRequest) << json.name;
  if (json.verdict == Verdict::kRefuse && !json.text.empty()) {
    EXPECT_TRUE(IsSyntax(infer)) << json.name << ": " << MessageOf(infer);
  }
  ExpectAboutServer(json);
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
