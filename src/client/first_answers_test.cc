#include "client/first_answers.h"

namespace slipway::client {
namespace {

/// Bodies are "VERSION:ANSWER".
StatusOr<std::string> VersionIn(std::string_view body) {
  const size_t end = body.find(':');
  if (end == body.npos) return Error(Reason::kIo, "no answer");
  return std::string(body.substr(0, end));
}

TEST(FirstAnswersTest, AnAnswerIsThatOfItsVersion) {
  const std::pair<std::string_view, bool> table[] = {
      {"1:a", true},  {"1:a", true}, {"1:b", false}, {"2:b", true}, {"1:a", true},
      {"2:a", false}, {"2:b", true}, {"b", false},   {":c", true},  {":a", false}};
  FirstAnswers answers(VersionIn);
  for (const auto& [body, agrees] : table) EXPECT_EQ(answers.Agrees(body), agrees) << body;
}

TEST(FirstAnswersTest, VersionsAreBounded) {
  FirstAnswers answers(VersionIn);
  for (size_t i = 0; i < FirstAnswers::kMaxVersions; ++i)
    EXPECT_TRUE(answers.Agrees(fmt::format("{}:a", i)));
  EXPECT_FALSE(answers.Agrees("one more:a"));
  EXPECT_TRUE(answers.Agrees("0:a"));
}

}  // namespace
}  // namespace slipway::client
