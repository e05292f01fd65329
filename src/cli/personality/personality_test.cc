#include "cli/personality/personality.h"

#include <filesystem>

#include "cli/personality/testing.h"
#include "io/testing/temporary_folder.h"

namespace slipway::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

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
  static std::string QueueSize(int size) { return fmt::format("models.queue_size={}", size); }
  io::TemporaryFolder root_;
};

/// Until its end, of the whole process.
class WorkingFolder {
 public:
  explicit WorkingFolder(const std::string& path) : before_(std::filesystem::current_path()) {
    std::filesystem::current_path(path);
  }
  ~WorkingFolder() { std::filesystem::current_path(before_); }

 private:
  std::filesystem::path before_;
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
              "max_enqueued_batches { value: 9 } thread_pool_name { value: 'p' } "
              "enable_large_batch_splitting { value: true } "
              "max_execution_batch_size { value: 64 } allowed_batch_sizes: 128");
  const Case batched{"tfserving",
                     {"--enable_batching", "--batching_parameters_file=" + At("batching"),
                      "--rest_api_port=0", "--model_base_path=/m"}};
  EXPECT_THAT(
      Settings(batched),
      ElementsAre("dialects.metrics=tfserving", "http.listen=0.0.0.0:8500",
                  "http.public_inference=true", "models.batch_delay_us=500", "models.control=poll",
                  "models.max_batch=64", "models.paths=default=/m", "models.poll_interval=1s",
                  "models.queue_size=1152", "models.split_batches=true"));
  const auto says = [](const char* text) { return testing::HasSubstr(text); };
  EXPECT_THAT(NotesOf(batched),
              ElementsAre(says("thread_pool_name has no effect: threads have"),
                          says("allowed_batch_sizes has no effect: batches are not padded")));
  root_.Write("batching", "max_batch_size { value: 128 } max_execution_batch_size { value: 64 }");
  EXPECT_THAT(Settings(batched), testing::Contains("models.max_batch=128"));
  EXPECT_THAT(
      NotesOf(batched),
      ElementsAre(says("max_execution_batch_size has no effect without enable_large_batch")));
  root_.Write("batching",
              "max_batch_size { value: 128 } max_execution_batch_size { value: 129 } "
              "enable_large_batch_splitting { value: true }");
  EXPECT_THAT(Settings(batched),
              ElementsAre(says("expected at most 128, the max_batch_size, got 129")));
  root_.Write("batching", "max_enqueued_batches { value: 1000000 }");
  EXPECT_THAT(Settings(batched), testing::Contains("models.queue_size=1000000"));
  EXPECT_THAT(Settings({"tfserving", {"--monitoring_config_file", At("elsewhere")}}),
              ElementsAre("--monitoring_config_file: path: expected "
                          "/monitoring/prometheus/metrics or /metrics, got /prom"));
  root_.Write("off", "prometheus_config { path: '/prom' }");
  EXPECT_THAT(NotesOf({"tfserving", {"--monitoring_config_file", At("off")}}),
              ElementsAre("--monitoring_config_file turns no metrics off: they are at /metrics and "
                          "/monitoring/prometheus/metrics"));
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
                          "http.listen=http://0.0.0.0:1,http://127.0.0.1:2=torchserve-management,"
                          "http://127.0.0.1:7070,http://127.0.0.1:7071",
                          "http.public_inference=true", "models.paths=x=/store/a.onnx",
                          "models.queue_size=7", "models.request_timeout=9s"));
  EXPECT_THAT(NotesOf(given), ElementsAre(testing::StartsWith("model \"b\" is not served: ")));
}

TEST_F(FilesTest, TorchserveListensForGrpcWhereItIsTold) {
  root_.Write("store/a.onnx", "m");
  root_.Write("config.properties",
              "inference_address=http://127.0.0.1:1\nmanagement_address=http://127.0.0.1:2\n"
              "metrics_address=http://127.0.0.1:3\ngrpc_inference_address=0.0.0.0\n"
              "grpc_inference_port=4\ngrpc_management_port=5\nenable_grpc_ssl=true\n"
              "grpc_inference_max_connection_age_ms=9\nts_open_inference_protocol=true\n");
  const Case given{"torchserve",
                   {"--model-store", At("store"), "--models", "a.onnx", "--ts-config",
                    At("config.properties"), "--disable-token-auth"}};
  EXPECT_THAT(Settings(given),
              testing::IsSupersetOf({std::string("http.public_inference=true"),
                                     std::string("http.listen=http://127.0.0.1:1,"
                                                 "http://127.0.0.1:2=torchserve-management,"
                                                 "http://127.0.0.1:3,https://0.0.0.0:4,"
                                                 "https://127.0.0.1:5")}));
  EXPECT_THAT(NotesOf(given),
              ElementsAre(testing::EndsWith("config.properties:8: "
                                            "grpc_inference_max_connection_age_ms has no effect: "
                                            "connections are kept as --idle-timeout says")));
}

TEST_F(FilesTest, TorchserveManagesAtAnAddressOfSeveralApis) {
  root_.Write("store/a.onnx", "m");
  root_.Write("config.properties",
              "inference_address=http://127.0.0.1:1\nmanagement_address=http://127.0.0.1:1\n");
  EXPECT_THAT(Settings({"torchserve",
                        {"--model-store", At("store"), "--models", "a.onnx", "--ts-config",
                         At("config.properties")}}),
              testing::Contains("http.listen=http://127.0.0.1:1=torchserve-management,"
                                "http://127.0.0.1:8082,http://127.0.0.1:7070,"
                                "http://127.0.0.1:7071"));
}

TEST_F(FilesTest, TorchserveReadsThePropertiesOfTheWorkingFolder) {
  root_.Write("store/a.onnx", "m");
  root_.Write("config.properties", "job_queue_size=7\n");
  root_.Write("named.properties", "job_queue_size=8\n");
  const std::vector<std::string> words = {"--model-store", At("store"), "--models", "a.onnx"};
  EXPECT_THAT(Settings({"torchserve", words}), testing::Not(testing::Contains(QueueSize(7))));
  const WorkingFolder here(root_.path());
  EXPECT_THAT(Settings({"torchserve", words}), testing::Contains(QueueSize(7)));
  EXPECT_THAT(Settings({"torchserve", words, {{"TS_CONFIG_FILE", "named.properties"}}}),
              testing::Contains(QueueSize(8)));
}

TEST_F(FilesTest, TorchserveNamesWhatItCannotHonour) {
  root_.Write("store/b.mar", "z");
  root_.Write("bad.properties", "inference_adress=http://x\nkeystore=k\n");
  EXPECT_THAT(Settings({"torchserve", {"--model-store", At("store"), "--models", "b.mar"}}),
              ElementsAre(testing::StartsWith("--models: model \"b\": b.mar: zip: ")));
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

TEST_F(FilesTest, TorchserveServesAModelOfItsStoreOnce) {
  const WorkingFolder here(root_.path());
  EXPECT_THAT(Settings({"torchserve",
                        {"--model-store=/s", "--enable-model-api", "--disable-token-auth",
                         "--models", "a=a.onnx", "b.onnx", "x=c.onnx"}}),
              testing::IsSupersetOf(
                  {std::string("models.load=a,b,x"), std::string("models.paths=/s,x=/s/c.onnx")}));
}

TEST_F(FilesTest, MlserversFileWinsOverItsVariables) {
  root_.Write("m/model-settings.json", R"({"name": "a", "parameters": {"uri": "a.onnx"}})");
  root_.Write("settings.json", R"({"http_port": 1, "debug": false, "cors_settings": null})");
  EXPECT_THAT(Settings({"mlserver",
                        {"start", root_.path()},
                        {{"MLSERVER_HTTP_PORT", "5"},
                         {"MLSERVER_GRPC_PORT", "2"},
                         {"MLSERVER_HOST", "127.0.0.1"}}}),
              ElementsAre("dialects.metrics=mlserver", "dialects.open_inference=mlserver",
                          "http.listen=127.0.0.1:1,127.0.0.1:2,127.0.0.1:8082",
                          "models.control=explicit", "models.load=*", "models.paths=a=/m/a.onnx"));
  EXPECT_THAT(Settings({"mlserver", {"build", "."}}), ElementsAre("build: expected: start FOLDER"));
}

TEST_F(FilesTest, MlserverNamesTheModelVariablesThatItDoesNotRead) {
  root_.Write("m/model-settings.json", R"({"name": "a", "parameters": {"uri": "a.onnx"}})");
  EXPECT_THAT(NotesOf({"mlserver",
                       {"start", root_.path()},
                       {{"MLSERVER_HOST", "127.0.0.1"},
                        {"MLSERVER_MODEL_MAX_BATCH_SIZE", "8"},
                        {"MLSERVER_MODEL_NAME", "b"},
                        {"MLSERVER_MODEL_REPOSITORY_ROOT", "/m"}}}),
              ElementsAre("MLSERVER_MODEL_MAX_BATCH_SIZE has no effect: models are read from "
                          "model-settings.json",
                          "MLSERVER_MODEL_NAME has no effect: models are read from "
                          "model-settings.json"));
}

TEST_F(FilesTest, MlflowCallsAModelAsItsFolder) {
  root_.Write("wine/MLmodel", "flavors:\n  onnx:\n    data: model.onnx\n");
  const WorkingFolder here(At("wine"));
  EXPECT_THAT(Settings({"mlflow", {"models", "serve", "-m", "."}}),
              ElementsAre("http.listen=127.0.0.1:5000", "models.paths=wine=."));
}

TEST_F(FilesTest, MlflowServesASavedModel) {
  root_.Write("wine/MLmodel", "flavors:\n  onnx:\n    data: model.onnx\n");
  EXPECT_THAT(Settings({"mlflow", {"models", "serve", "-m", At("wine"), "-p", "7", "--no-conda"}}),
              ElementsAre("http.listen=127.0.0.1:7", "models.paths=wine=/wine"));
  EXPECT_THAT(
      Settings({"mlflow", {"models", "serve", "-m", "s3://bucket/model"}}),
      ElementsAre("--model-uri: expected a folder, got \"s3://bucket/model\": download it first, "
                  "with mlflow artifacts download -u URI -d FOLDER"));
  EXPECT_THAT(Settings({"mlflow", {"ui"}}),
              ElementsAre("ui: expected: models serve --model-uri FOLDER"));
}

TEST_F(FilesTest, MlflowFindsModelsOfItsFileStore) {
  const std::string artifacts = "mlruns/0/models/m-1/artifacts";
  root_.Write(artifacts + "/MLmodel", "flavors:\n  onnx:\n    data: model.onnx\n");
  root_.Write("mlruns/0/models/m-1/meta.yaml", "name: model\n");
  root_.Write("mlruns/0/1a/outputs/m-1/meta.yaml", "{}");
  root_.Write("mlruns/models/wine/aliases/champion", "1");
  root_.Write("mlruns/models/wine/version-1/meta.yaml",
              "current_stage: Production\nsource: models:/m-1\n"
              "storage_location: file:///elsewhere/mlruns/0/models/m-1/artifacts\n");
  const auto settings = [&](const std::string& uri) {
    return Settings({"mlflow",
                     {"models", "serve", "-m", uri},
                     {{"MLFLOW_TRACKING_URI", "file://" + At("mlruns")}}});
  };
  for (const std::string uri : {"models:/wine/1", "models:/wine@champion", "models:/wine/latest",
                                "models:/wine/Production"})
    EXPECT_THAT(settings(uri),
                ElementsAre("http.listen=127.0.0.1:5000", "models.paths=wine=/" + artifacts))
        << uri;
  EXPECT_THAT(settings("runs:/1a/model"),
              ElementsAre("http.listen=127.0.0.1:5000", "models.paths=model=/" + artifacts));
  EXPECT_THAT(settings("models:/wine/2"),
              ElementsAre("--model-uri: MLflow's store has no version \"2\" of a model \"wine\""));
  EXPECT_THAT(settings("models:/../2"), ElementsAre(testing::HasSubstr("--model-uri: ")));
  EXPECT_THAT(settings("runs:/2b/model"),
              ElementsAre("--model-uri: MLflow's store has no run \"2b\""));
}

TEST(TranslateTest, NamesWhatGaveAPortThatIsNone) {
  const auto refusal = [](std::string_view where, std::string_view port) {
    return ElementsAre(fmt::format("{}: expected a port, 1 to 65535, got \"{}\"", where, port));
  };
  EXPECT_THAT(SettingsOf({"vertex", {}, {{"AIP_HTTP_PORT", "abc"}}}),
              refusal("AIP_HTTP_PORT", "abc"));
  EXPECT_THAT(SettingsOf({"tfserving", {"--rest_api_port=70000"}}),
              refusal("--rest_api_port", "70000"));
  EXPECT_THAT(SettingsOf({"triton", {"--grpc-port=0"}}), refusal("--grpc-port", "0"));
  EXPECT_THAT(SettingsOf({"sagemaker", {}, {{"SAGEMAKER_BIND_TO_PORT", "8o80"}}}),
              refusal("SAGEMAKER_BIND_TO_PORT", "8o80"));
  EXPECT_THAT(SettingsOf({"flask", {}, {{"FLASK_RUN_PORT", "65536"}}}),
              refusal("FLASK_RUN_PORT", "65536"));
}

TEST(TranslateTest, RefusesWhatServesNothing) {
  for (const std::string_view name : {"flask", "torchserve", "mlflow"})
    EXPECT_THAT(SettingsOf({name, {"--version"}}),
                ElementsAre("--version: serves nothing: slipway --version tells Slipway's"))
        << name;
  for (const std::string word : {"shell", "routes"})
    EXPECT_THAT(SettingsOf({"flask", {word}}),
                ElementsAre(word + ": expected: run, or its options"));
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
