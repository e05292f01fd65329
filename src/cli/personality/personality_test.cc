#include "cli/personality/personality.h"

#include <fmt/format.h>

#include "io/testing/temporary_folder.h"

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

TEST(TritonTest, TlsIsTheGrpcAddressAlone) {
  EXPECT_THAT(SettingsOf({"triton",
                          {"--model-repository=m", "--grpc-use-ssl=true", "--grpc-server-cert=c",
                           "--grpc-server-key=k", "--grpc-root-cert=r", "--allow-metrics=0"}}),
              ElementsAre("dialects.metrics=triton", "http.listen=http://0.0.0.0:8000,0.0.0.0:8001",
                          "http.public_inference=true", "models.paths=m", "tls.certificate=c",
                          "tls.key=k"));
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

TEST(TranslateTest, SaysThatControlIsClosedToOtherMachines) {
  const std::string note =
      "loading and unloading is for this machine alone: --control 127.0.0.1:PORT gives it an "
      "address";
  const std::string mode = "--model-control-mode=explicit";
  EXPECT_THAT(NotesOf({"triton", {mode}}), ElementsAre(note));
  EXPECT_THAT(NotesOf({"triton", {mode, "--http-address=127.0.0.1", "--grpc-address=127.0.0.1"}}),
              IsEmpty());
}

TEST(TfservingTest, ServesOneModelOrWhatTheImageSays) {
  EXPECT_THAT(SettingsOf({"tfserving",
                          {"--port=1", "--rest_api_port=2", "--model_name=half",
                           "--model_base_path=/m/half", "--rest_api_timeout_in_ms=500",
                           "--file_system_poll_wait_seconds=0"}}),
              ElementsAre("dialects.metrics=tfserving", "http.listen=0.0.0.0:1,0.0.0.0:2",
                          "http.public_inference=true", "models.control=none",
                          "models.paths=half=/m/half", "models.request_timeout=500ms"));
  EXPECT_THAT(SettingsOf({"tfserving", {"--rest_api_port=0"}, {{"MODEL_NAME", "half"}}}),
              ElementsAre("dialects.metrics=tfserving", "http.listen=0.0.0.0:8500",
                          "http.public_inference=true", "models.control=poll",
                          "models.paths=half=/models/half", "models.poll_interval=1s"));
}

class FilesTest : public testing::Test {
 protected:
  std::string At(const std::string& name) const { return root_.path() + "/" + name; }
  /// The settings, without the folder's path.
  std::vector<std::string> Settings(const Case& given) const {
    auto texts = SettingsOf(given);
    for (std::string& text : texts)
      for (size_t at; (at = text.find(root_.path())) != std::string::npos;)
        text.erase(at, root_.path().size());
    return texts;
  }
  io::TemporaryFolder root_;
};

TEST_F(FilesTest, TfservingReadsItsModelsAndMonitoring) {
  root_.Write("models.config",
              "model_config_list { config { name: 'a' base_path: '/m/a' model_version_policy { all "
              "{} } version_labels { key: 'stable' value: 1 } } }");
  root_.Write("ok", "prometheus_config { enable: true path: '/monitoring/prometheus/metrics' }");
  root_.Write("elsewhere", "prometheus_config { enable: true path: '/prom' }");
  EXPECT_THAT(
      Settings(
          {"tfserving",
           {"--model_config_file=" + At("models.config"), "--monitoring_config_file=" + At("ok")}}),
      ElementsAre("dialects.metrics=tfserving", "http.listen=0.0.0.0:8500,0.0.0.0:8501",
                  "http.public_inference=true", "models.aliases=a@stable=1", "models.control=poll",
                  "models.paths=a=/m/a", "models.poll_interval=1s", "models.versions=a=all"));
  root_.Write("batching",
              "max_batch_size { value: 128 } batch_timeout_micros { value: 500 } "
              "max_enqueued_batches { value: 9 }");
  const Case batched{"tfserving",
                     {"--enable_batching", "--batching_parameters_file=" + At("batching"),
                      "--rest_api_port=0", "--model_base_path=/m"}};
  EXPECT_THAT(
      Settings(batched),
      ElementsAre("dialects.metrics=tfserving", "http.listen=0.0.0.0:8500",
                  "http.public_inference=true", "models.batch_delay_us=500", "models.control=poll",
                  "models.max_batch=128", "models.paths=default=/m", "models.poll_interval=1s"));
  EXPECT_THAT(NotesOf(batched),
              ElementsAre(testing::HasSubstr("max_enqueued_batches has no effect")));
  EXPECT_THAT(Settings({"tfserving", {"--monitoring_config_file", At("elsewhere")}}),
              ElementsAre("--monitoring_config_file: path: expected "
                          "/monitoring/prometheus/metrics or /metrics, got /prom"));
}

TEST_F(FilesTest, TorchserveReadsPropertiesAndVariables) {
  root_.Write("store/a.onnx", "m");
  root_.Write("store/b.mar", "z");
  root_.Write("config.properties",
              "# comment\ninference_address=http://0.0.0.0:1\nmanagement_address : "
              "http://127.0.0.1:2\nmetrics_address=http://0.0.0.0:1\njob_queue_size=7\n"
              "enable_envvars_config=true\nload_models=x=a.onnx,b.mar\n");
  const Case given{"torchserve",
                   {"--start", "--foreground", "--ncs", "--model-store", At("store"), "--ts-config",
                    At("config.properties"), "--disable-token-auth"},
                   {{"TS_DEFAULT_RESPONSE_TIMEOUT", "9"}}};
  EXPECT_THAT(Settings(given),
              ElementsAre("dialects.metrics=torchserve",
                          "http.listen=http://0.0.0.0:1,http://127.0.0.1:2=torchserve-management",
                          "http.public_inference=true", "models.paths=x=/store/a.onnx",
                          "models.queue_size=7", "models.request_timeout=9s"));
  EXPECT_THAT(NotesOf(given), ElementsAre(testing::StartsWith("model \"b\" is not served: ")));
}

TEST_F(FilesTest, TorchserveNamesWhatItCannotHonour) {
  root_.Write("store/b.mar", "z");
  root_.Write("bad.properties", "inference_adress=http://x\nkeystore=k\n");
  EXPECT_THAT(Settings({"torchserve", {"--model-store", At("store"), "--models", "b.mar"}}),
              ElementsAre(testing::StartsWith("--models: model \"b\": \"b.mar\" is an archive")));
  EXPECT_THAT(
      Settings({"torchserve", {"--model-store=/s", "--ts-config=" + At("bad.properties")}}),
      ElementsAre("/bad.properties:1: inference_adress: is no property of TorchServe; did you mean "
                  "\"inference_address\"?\n/bad.properties:2: keystore: keys are taken from PEM "
                  "files: certificate_file and private_key_file\n--models: is missing: without "
                  "--enable-model-api no model is loaded"));
  root_.Write("open.properties", "inference_address=http://0.0.0.0:1\nenable_model_api=true\n");
  EXPECT_THAT(
      Settings({"torchserve", {"--model-store=/s", "--ts-config=" + At("open.properties")}}),
      ElementsAre("--disable-token-auth: tokens are not offered: add --disable-token-auth to serve "
                  "without them"));
}

TEST_F(FilesTest, MlserversFileWinsOverItsVariables) {
  root_.Write("m/model-settings.json", R"({"name": "a", "parameters": {"uri": "a.onnx"}})");
  root_.Write("settings.json", R"({"http_port": 1, "debug": false, "cors_settings": null})");
  EXPECT_THAT(
      Settings({"mlserver",
                {"start", root_.path()},
                {{"MLSERVER_HTTP_PORT", "5"},
                 {"MLSERVER_GRPC_PORT", "2"},
                 {"MLSERVER_HOST", "127.0.0.1"}}}),
      ElementsAre("dialects.metrics=mlserver", "http.listen=127.0.0.1:1,127.0.0.1:2,127.0.0.1:8082",
                  "models.control=explicit", "models.load=*", "models.paths=a=/m/a.onnx"));
  EXPECT_THAT(Settings({"mlserver", {"build", "."}}), ElementsAre("build: expected: start FOLDER"));
}

TEST_F(FilesTest, MlflowServesASavedModel) {
  root_.Write("wine/MLmodel", "flavors:\n  onnx:\n    data: model.onnx\n");
  EXPECT_THAT(Settings({"mlflow", {"models", "serve", "-m", At("wine"), "-p", "7", "--no-conda"}}),
              ElementsAre("http.listen=127.0.0.1:7", "models.paths=wine=/wine/model.onnx"));
  EXPECT_THAT(
      Settings({"mlflow", {"models", "serve", "-m", "runs:/1/model"}}),
      ElementsAre("--model-uri: expected a folder, got \"runs:/1/model\": download it first, "
                  "with mlflow artifacts download -u URI -d FOLDER"));
  EXPECT_THAT(Settings({"mlflow", {"ui"}}),
              ElementsAre("ui: expected: models serve --model-uri FOLDER"));
}

TEST(PlatformsTest, AreToldByTheEnvironment) {
  const std::pair<Case, std::vector<std::string>> table[] = {
      {{"sagemaker", {"serve"}, {{"SAGEMAKER_BIND_TO_PORT", "9"}}},
       {"http.listen=0.0.0.0:9", "http.public_inference=true", "models.paths=/opt/ml/model"}},
      {{"sagemaker", {}, {{"SAGEMAKER_MULTI_MODEL", "true"}}},
       {"dialects.models=sagemaker", "http.listen=0.0.0.0:8080", "http.public_inference=true",
        "models.control=explicit", "models.paths=/opt/ml/models"}},
      {{"vertex", {"/models"}, {{"AIP_PREDICT_ROUTE", "/p"}}},
       {"http.listen=0.0.0.0:8080", "http.public_inference=true", "vertex.predict_route=/p"}},
      {{"azureml", {"--port=6"}, {{"AZUREML_MODEL_DIR", "/var/m"}}},
       {"azureml.liveness_route=/", "azureml.scoring_route=/score", "http.listen=0.0.0.0:6",
        "http.public_inference=true", "models.paths=/var/m"}},
      {{"flask", {"run", "-p", "5001", "model.onnx"}}, {"http.listen=127.0.0.1:5001"}},
      {{"flask", {}, {{"FLASK_RUN_HOST", "0.0.0.0"}}},
       {"http.listen=0.0.0.0:5000", "http.public_inference=true"}},
  };
  for (const auto& [given, settings] : table) EXPECT_EQ(SettingsOf(given), settings) << given.name;
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
