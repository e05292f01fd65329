#include "cli/personality/personality.h"

#include <fmt/format.h>

namespace slipway::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct Case {
  std::string_view name;  // of the personality
  std::vector<std::string> words;
  server::Environment environment = {};
};

/// "path=text" of every setting, lists with commas; or the refusal.
std::vector<std::string> SettingsOf(const Case& given) {
  const auto translation =
      Translate(*FindPersonality(given.name), {given.words, given.environment});
  if (!translation.ok()) return {std::string(MessageOf(translation.status()))};
  std::vector<std::string> texts;
  for (const server::Setting& setting : translation->settings())
    texts.push_back(fmt::format("{}={}", setting.field->path, fmt::join(setting.value.texts, ",")));
  std::sort(texts.begin(), texts.end());
  return texts;
}

std::vector<std::string> NotesOf(const Case& given) {
  const auto translation =
      Translate(*FindPersonality(given.name), {given.words, given.environment});
  return translation.ok() ? translation->notes()
                          : std::vector{std::string(MessageOf(translation.status()))};
}

TEST(TritonTest, ListensWhereTritonDoes) {
  EXPECT_THAT(
      SettingsOf({"triton", {"--model-repository=/models"}}),
      ElementsAre("dialects.metrics=triton", "http.listen=0.0.0.0:8000,0.0.0.0:8001,0.0.0.0:8002",
                  "http.public_inference=true", "models.paths=/models"));
}

TEST(TritonTest, TakesItsPortsModelsAndModes) {
  EXPECT_THAT(SettingsOf({"triton",
                          {"--model-repository", "/a", "--model-store=/b", "--http-port", "9000",
                           "--grpc-port=9001", "--allow-metrics=false", "--http-address=127.0.0.1",
                           "--grpc-address=::1", "--model-control-mode=explicit", "--load-model=x",
                           "--load-model=y", "--repository-poll-secs=5", "--exit-timeout-secs=7",
                           "--log-verbose=1", "--exit-on-error=false", "--strict-readiness=off"}}),
              ElementsAre("dialects.metrics=triton", "http.listen=127.0.0.1:9000,[::1]:9001",
                          "limits.drain=7s", "log.level=debug", "models.control=explicit",
                          "models.load=x,y", "models.paths=/a,/b", "models.poll_interval=5s"));
}

TEST(TritonTest, TlsIsTheGrpcAddressAlone) {
  EXPECT_THAT(SettingsOf({"triton",
                          {"--model-repository=m", "--grpc-use-ssl=true", "--grpc-server-cert=c",
                           "--grpc-server-key=k", "--grpc-root-cert=r", "--allow-metrics=0"}}),
              ElementsAre("dialects.metrics=triton", "http.listen=http://0.0.0.0:8000,0.0.0.0:8001",
                          "http.public_inference=true", "models.paths=m", "tls.certificate=c",
                          "tls.key=k"));
}

TEST(TritonTest, NamesWhatItCannotHonour) {
  const std::pair<std::string, std::string_view> table[] = {
      {"--http-port=x", "--http-port: expected a whole number, 0 or more, got \"x\""},
      {"--allow-http=perhaps", "--allow-http: expected true or false, got \"perhaps\""},
      {"--http-port", "--http-port: needs a value"},
      {"--load-model=x", "--load-model: needs --model-control-mode=explicit"},
      {"--model-namespacing=true",
       "--model-namespacing: a model's name is unique over all repositories"},
      {"--model-repository=s3://bucket/m",
       "--model-repository: expected a folder, got \"s3://bucket/m\": repositories elsewhere are "
       "not read yet, copy or mount it"},
  };
  for (const auto& [word, message] : table)
    EXPECT_THAT(SettingsOf({"triton", {word}}), ElementsAre(message));
}

TEST(TritonTest, NamesWhatHasNoEffect) {
  EXPECT_THAT(NotesOf({"triton", {"--id=a", "--strict-readiness=false", "--backend-config=x,y=z"}}),
              ElementsAre("--id has no effect: the server's metadata calls it slipway",
                          "--backend-config has no effect: models are ONNX, run without backends "
                          "of their own"));
}

TEST(TranslateTest, LeavesOtherWordsForSlipway) {
  const Case given{"triton", {"--http-port=1", "--check", "--data", "/d", "--model-store", "m"}};
  const auto translation = Translate(*FindPersonality("triton"), {given.words, given.environment});
  ASSERT_TRUE(translation.ok());
  EXPECT_THAT(translation->rest(), ElementsAre("--check", "--data", "/d"));
}

TEST(PersonalitiesTest, AreFoundByNameAndProgram) {
  EXPECT_EQ(FindPersonality("tritn"), nullptr);
  EXPECT_EQ(FindPersonalityOfProgram("/usr/bin/slipway"), nullptr);
  ASSERT_NE(FindPersonalityOfProgram("/opt/tritonserver/bin/tritonserver"), nullptr);
  EXPECT_EQ(FindPersonalityOfProgram("tritonserver")->name, "triton");
}

/// A rule that sets a field names one that there is, and a sentence says something.
TEST(PersonalitiesTest, EveryOptionIsDealtWith) {
  for (const Personality& personality : Personalities()) {
    for (const OptionRule& rule : personality.options) {
      SCOPED_TRACE(std::string(rule.name));
      if (const auto* sets = std::get_if<Sets>(&rule.effect)) {
        EXPECT_NE(server::FindField(sets->path), nullptr);
      } else if (const auto* none = std::get_if<NoEffect>(&rule.effect)) {
        EXPECT_NE(none->why, "");
      } else if (const auto* refused = std::get_if<Refused>(&rule.effect)) {
        EXPECT_NE(refused->why, "");
      }
    }
  }
}

}  // namespace
}  // namespace slipway::cli
