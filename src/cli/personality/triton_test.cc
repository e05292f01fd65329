#include <gmock/gmock.h>

#include "cli/personality/testing.h"

namespace slipway::cli {
namespace {

using ::testing::ElementsAre;

TEST(TritonTest, ListensWhereTritonDoes) {
  EXPECT_THAT(
      SettingsOf({"triton", {"--model-repository=/models"}}),
      ElementsAre("dialects.metrics=triton", "http.listen=0.0.0.0:8000,0.0.0.0:8001,0.0.0.0:8002",
                  "http.public_inference=true", "models.paths=/models"));
}

TEST(TritonTest, TakesItsPortsModelsAndModes) {
  EXPECT_THAT(
      SettingsOf({"triton",
                  {"--model-repository", "/a", "--model-store=/b", "--http-port", "9000",
                   "--grpc-port=9001", "--allow-metrics=false", "--http-address=127.0.0.1",
                   "--grpc-address=::1", "--model-control-mode=explicit", "--load-model=x",
                   "--load-model=y", "--repository-poll-secs=5", "--exit-timeout-secs=7",
                   "--allow-client-shm=true", "--grpc-infer-response-compression-level=low",
                   "--log-verbose=1", "--exit-on-error=false", "--strict-readiness=off"}}),
      ElementsAre("dialects.metrics=triton", "http.grpc_compression=low",
                  "http.listen=127.0.0.1:9000,[::1]:9001", "limits.drain=7s", "log.level=debug",
                  "models.control=explicit", "models.load=x,y", "models.paths=/a,/b",
                  "models.poll_interval=5s", "shared_memory.allow=true"));
}

TEST(TritonTest, TakesTheWordAfterABoolWhenItReadsAsOne) {
  const Case given{"triton",
                   {"--allow-grpc", "false", "--allow-metrics", "OFF", "--allow-http", "models"}};
  EXPECT_THAT(SettingsOf(given), ElementsAre("dialects.metrics=triton", "http.listen=0.0.0.0:8000",
                                             "http.public_inference=true"));
  const auto translation = Translate(*FindPersonality("triton"), {given.words, given.environment});
  EXPECT_THAT(translation->rest(), ElementsAre("models"));
  EXPECT_THAT(SettingsOf({"tfserving", {"--enable_batching", "false", "--rest_api_port=0"}}),
              testing::Contains("http.listen=0.0.0.0:8500"));
}

TEST(TritonTest, ListensWhereVertexSaysInPlaceOfHttpAndGrpc) {
  const server::Environment vertex = {{"AIP_MODE", "PREDICTION"},
                                      {"AIP_HTTP_PORT", "9090"},
                                      {"AIP_STORAGE_URI", "/mnt/models"},
                                      {"AIP_HEALTH_ROUTE", "/h"},
                                      {"AIP_PREDICT_ROUTE", "/p"}};
  EXPECT_THAT(SettingsOf({"triton", {}, vertex}),
              ElementsAre("dialects.metrics=triton", "http.listen=0.0.0.0:8002,0.0.0.0:9090",
                          "http.public_inference=true", "models.paths=/mnt/models",
                          "vertex.health_route=/h", "vertex.predict_route=/p"));
  EXPECT_THAT(SettingsOf({"triton", {"--allow-http=1", "--model-repository=m"}, vertex}),
              testing::IsSupersetOf({std::string("models.paths=m"),
                                     std::string("http.listen=0.0.0.0:8000,0.0.0.0:8002,"
                                                 "0.0.0.0:9090")}));
  EXPECT_THAT(SettingsOf({"triton", {}, {{"AIP_STORAGE_URI", "gs://bucket/m"}}}),
              ElementsAre(testing::StartsWith("AIP_STORAGE_URI: expected a folder")));
}

TEST(TritonTest, TlsIsTheGrpcAddressAlone) {
  EXPECT_THAT(SettingsOf({"triton",
                          {"--model-repository=m", "--grpc-use-ssl=true", "--grpc-server-cert=c",
                           "--grpc-server-key=k", "--grpc-root-cert=r", "--allow-metrics=0"}}),
              ElementsAre("dialects.metrics=triton", "http.listen=http://0.0.0.0:8000,0.0.0.0:8001",
                          "http.public_inference=true", "models.paths=m", "tls.certificate=c",
                          "tls.key=k"));
}

TEST(TritonTest, TlsWithoutCertificateOrKeyIsRefused) {
  EXPECT_THAT(SettingsOf({"triton", {"--model-repository=m", "--grpc-use-ssl=true"}}),
              ElementsAre("--grpc-use-ssl: needs --grpc-server-cert FILE\n"
                          "--grpc-use-ssl: needs --grpc-server-key FILE"));
  EXPECT_THAT(
      SettingsOf({"triton", {"--model-repository=m", "--grpc-use-ssl=1", "--grpc-server-cert=c"}}),
      ElementsAre("--grpc-use-ssl: needs --grpc-server-key FILE"));
}

TEST(TritonTest, SizesTheResponseCache) {
  for (const char* word :
       {"--cache-config=local,size=1048576", "--response-cache-byte-size=1048576"})
    EXPECT_THAT(SettingsOf({"triton",
                            {"--model-repository=m", "--http-address=127.0.0.1",
                             "--grpc-address=127.0.0.1", "--allow-metrics=0", word}}),
                testing::Contains("cache.size=1048576"))
        << word;
}

TEST(TritonTest, NamesWhatItCannotHonour) {
  const std::pair<std::string, std::string_view> table[] = {
      {"--http-port=x", "--http-port: expected a whole number, 0 or more, got \"x\""},
      {"--allow-http=perhaps", "--allow-http: expected true or false, got \"perhaps\""},
      {"--http-port", "--http-port: needs a value"},
      {"--load-model=x", "--load-model: needs --model-control-mode=explicit"},
      {"--model-namespacing=true",
       "--model-namespacing: a model's name is unique over all repositories"},
      {"--cache-config=redis,host=h",
       "--cache-config: expected \"local,size=BYTES\", got \"redis,host=h\": answers are cached in "
       "the server's memory"},
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

}  // namespace
}  // namespace slipway::cli
