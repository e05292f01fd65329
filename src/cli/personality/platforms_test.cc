#include <gmock/gmock.h>

#include "cli/personality/testing.h"

namespace slipway::cli {
namespace {

using ::testing::ElementsAre;

TEST(PlatformsTest, AreToldByTheEnvironment) {
  const std::pair<Case, std::vector<std::string>> table[] = {
      {{"sagemaker", {"serve"}, {{"SAGEMAKER_BIND_TO_PORT", "9"}}},
       {"http.listen=0.0.0.0:9", "http.public_inference=true", "models.paths=/opt/ml/model"}},
      {{"sagemaker", {}, {{"SAGEMAKER_MULTI_MODEL", "true"}}},
       {"dialects.models=sagemaker", "http.listen=0.0.0.0:8080", "http.public_inference=true",
        "http.public_models=true", "models.control=explicit", "models.paths=/opt/ml/models"}},
      {{"sagemaker",
        {},
        {{"SAGEMAKER_TRITON_ALLOW_GRPC", "true"},
         {"SAGEMAKER_TRITON_GRPC_PORT", "9"},
         {"SAGEMAKER_TRITON_ALLOW_METRICS", "true"},
         {"SAGEMAKER_TRITON_LOG_VERBOSE", "1"},
         {"SAGEMAKER_TRITON_DEFAULT_MODEL_NAME", "m"},
         {"SAGEMAKER_TRITON_INFERENCE_TYPE", "infer"}}},
       {"http.listen=0.0.0.0:8080,0.0.0.0:9,0.0.0.0:8002", "http.public_inference=true",
        "log.level=debug", "models.default_model=m", "models.paths=/opt/ml/model"}},
      {{"vertex", {"/models"}, {{"AIP_PREDICT_ROUTE", "/p"}}},
       {"http.listen=0.0.0.0:8080", "http.public_inference=true", "vertex.predict_route=/p"}},
      {{"vertex", {}, {{"AIP_STORAGE_URI", "/mnt/m"}}},
       {"http.listen=0.0.0.0:8080", "http.public_inference=true", "models.paths=/mnt/m"}},
      {{"azureml", {"--port=6"}, {{"AZUREML_MODEL_DIR", "/var/m"}}},
       {"azureml.liveness_route=/", "azureml.scoring_route=/score", "http.listen=0.0.0.0:6",
        "http.public_inference=true", "models.paths=/var/m"}},
      {{"azureml",
        {"--health_port=7", "--access_control_allow_origins", "https://a, https://b"},
        {{"SEPERATE_HEALTH_ENDPOINT", "true"}}},
       {"azureml.liveness_route=/", "azureml.scoring_route=/score",
        "http.cors_origins=https://a,https://b", "http.listen=0.0.0.0:5001,0.0.0.0:7",
        "http.public_inference=true"}},
      {{"flask", {"run", "-p", "5001", "model.onnx"}}, {"http.listen=127.0.0.1:5001"}},
      {{"flask", {}, {{"FLASK_RUN_HOST", "0.0.0.0"}}},
       {"http.listen=0.0.0.0:5000", "http.public_inference=true"}},
      {{"flask",
        {"run", "--cert=c2"},
        {{"FLASK_RUN_CERT", "c"}, {"FLASK_RUN_KEY", "k"}, {"FLASK_RUN_PORT", "7"}}},
       {"http.listen=127.0.0.1:7", "tls.certificate=c2", "tls.key=k"}},
      {{"flask", {"run"}, {{"FLASK_DEBUG", "1"}}},
       {"http.listen=127.0.0.1:5000", "models.control=poll"}},
      {{"flask", {"run", "--no-reload"}, {{"FLASK_DEBUG", "1"}}}, {"http.listen=127.0.0.1:5000"}},
      {{"flask", {"run", "--no-debug"}, {{"FLASK_DEBUG", "1"}}}, {"http.listen=127.0.0.1:5000"}},
      {{"flask", {"run"}, {{"FLASK_DEBUG", "1"}, {"FLASK_RUN_DEBUG", "no"}}},
       {"http.listen=127.0.0.1:5000"}},
      {{"flask", {"run"}, {{"FLASK_RUN_RELOAD", "true"}}},
       {"http.listen=127.0.0.1:5000", "models.control=poll"}},
  };
  for (const auto& [given, settings] : table) EXPECT_EQ(SettingsOf(given), settings) << given.name;
}

TEST(PlatformsTest, NameWhatHasNoEffectOrCannotBeHonoured) {
  const std::pair<Case, std::vector<std::string>> table[] = {
      {{"sagemaker",
        {},
        {{"SAGEMAKER_TRITON_PING_MODE", "live"},
         {"SAGEMAKER_TRITON_MODEL_LOAD_GPU_LIMIT", "0.5"},
         {"SAGEMAKER_TFS_ENABLE_BATCHING", "true"}}},
       {"SAGEMAKER_TFS_ENABLE_BATCHING has no effect: it is not known here",
        "SAGEMAKER_TRITON_MODEL_LOAD_GPU_LIMIT has no effect: models run on processors only",
        "SAGEMAKER_TRITON_PING_MODE has no effect: /ping answers 200 once the model does"}},
      {{"sagemaker", {}, {{"SAGEMAKER_TRITON_INFERENCE_TYPE", "generate"}}},
       {"SAGEMAKER_TRITON_INFERENCE_TYPE: Triton's generate extension is not offered, /invocations "
        "takes infer requests"}},
      {{"sagemaker", {}, {{"SAGEMAKER_TRITON_ADDITIONAL_ARGS", "--id=a"}}},
       {"SAGEMAKER_TRITON_ADDITIONAL_ARGS: options of tritonserver are read by slipway serve --as "
        "triton; Slipway's own may be words of this command"}},
      {{"vertex", {}, {{"AIP_STORAGE_URI", "gs://b/m"}}},
       {"AIP_STORAGE_URI has no effect: models come with the image or from a volume"}},
      {{"azureml",
        {"--worker_count", "2", "--health_port=7", "--appinsights_instrumentation_key=k"}},
       {"--worker_count has no effect: one process uses every processor",
        "--appinsights_instrumentation_key has no effect: logs are lines on standard error, "
        "metrics are at /metrics",
        "--health_port has no effect without SEPERATE_HEALTH_ENDPOINT=true"}},
      {{"flask", {"run"}, {{"FLASK_RUN_CERT", "adhoc"}}},
       {"FLASK_RUN_CERT: expected a certificate's file, got \"adhoc\": none is made up here"}},
      {{"flask", {"run"}, {{"FLASK_RUN_PORT", "x"}}},
       {"FLASK_RUN_PORT: expected a whole number, 0 or more, got \"x\""}},
      {{"flask", {"run"}, {{"FLASK_DEBUG", "1"}, {"FLASK_RUN_WITH_THREADS", "0"}}},
       {"FLASK_RUN_WITH_THREADS has no effect: --io-threads says how many there are",
        "FLASK_DEBUG looks for new models at most: --log-level=debug tells more"}},
  };
  for (const auto& [given, notes] : table) EXPECT_EQ(NotesOf(given), notes) << given.name;
}

}  // namespace
}  // namespace slipway::cli
