// Source: triton-inference-server/server, docker/sagemaker/serve and src/sagemaker_server.h;
// docs/protocols/sagemaker.md.
#include <algorithm>

#include "cli/personality/personality.h"

namespace slipway::cli {
namespace {

constexpr std::string_view kEveryProcessor = "one process on one port uses every processor";
constexpr std::string_view kPing = "/ping answers 200 once the model does";
constexpr std::string_view kNoCode =
    "code of a model does not run, bodies are rows and tensors (docs/dialects.md)";

const OptionRule kSagemakerVariables[] = {
    {"SAGEMAKER_PROGRAM", Takes::kText, NoEffect{kNoCode}},
    {"SAGEMAKER_SUBMIT_DIRECTORY", Takes::kText, NoEffect{kNoCode}},
    {"SAGEMAKER_MODEL_SERVER_WORKERS", Takes::kText, NoEffect{kEveryProcessor}},
    {"SAGEMAKER_SAFE_PORT_RANGE", Takes::kText, NoEffect{"other ports are those given"}},
    {"SAGEMAKER_TFS_DEFAULT_MODEL_NAME", Takes::kText, Sets{"models.default_model"}},
    {"SAGEMAKER_TRITON_DEFAULT_MODEL_NAME", Takes::kText, Sets{"models.default_model"}},
    {"SAGEMAKER_TRITON_INFERENCE_TYPE", Takes::kText,
     Refused{"Triton's generate extension is not offered, /invocations takes infer requests",
             "infer"}},
    {"SAGEMAKER_TRITON_PING_MODE", Takes::kText, NoEffect{kPing, "ready"}},
    {"SAGEMAKER_TRITON_OVERRIDE_PING_MODE", Takes::kText, NoEffect{kPing, "ready"}},
    {"SAGEMAKER_TRITON_ALLOW_GRPC", Takes::kBool, Kept{}},
    {"SAGEMAKER_TRITON_GRPC_PORT", Takes::kNumber, Kept{}},
    {"SAGEMAKER_TRITON_ALLOW_METRICS", Takes::kBool, Kept{}},
    {"SAGEMAKER_TRITON_METRICS_PORT", Takes::kNumber, Kept{}},
    {"SAGEMAKER_TRITON_LOG_VERBOSE", Takes::kText, Kept{}},
    {"SAGEMAKER_TRITON_LOG_INFO", Takes::kBool, Kept{}},
    {"SAGEMAKER_TRITON_LOG_WARNING", Takes::kBool, Kept{}},
    {"SAGEMAKER_TRITON_LOG_ERROR", Takes::kBool, NoEffect{"errors are always told", "true"}},
    {"SAGEMAKER_TRITON_THREAD_COUNT", Takes::kText, NoEffect{kEveryProcessor}},
    {"SAGEMAKER_TRITON_BUFFER_MANAGER_THREAD_COUNT", Takes::kText,
     NoEffect{"there are no such threads"}},
    {"SAGEMAKER_TRITON_MODEL_LOAD_GPU_LIMIT", Takes::kText,
     NoEffect{"models run on processors only"}},
    {"SAGEMAKER_TRITON_SHM_DEFAULT_BYTE_SIZE", Takes::kText, NoEffect{kOnnxOnly}},
    {"SAGEMAKER_TRITON_SHM_GROWTH_BYTE_SIZE", Takes::kText, NoEffect{kOnnxOnly}},
    {"SAGEMAKER_TRITON_TENSORFLOW_VERSION", Takes::kText, NoEffect{kOnnxOnly}},
    {"SAGEMAKER_TRITON_DISABLE_MODEL_NAMESPACING", Takes::kText,
     NoEffect{"a model's name is unique over all repositories", "false"}},
    {"SAGEMAKER_TRITON_ADDITIONAL_ARGS", Takes::kText,
     Refused{"options of tritonserver are read by slipway serve --as triton; Slipway's own may be "
             "words of this command"}},
};

/// What the other containers' own variables begin with.
constexpr std::string_view kPrefixes[] = {"SAGEMAKER_TRITON_", "SAGEMAKER_TFS_"};

class Sagemaker {
 public:
  Sagemaker(const Invocation& invocation, Translation& out) : invocation_(invocation), out_(out) {}

  void Run() {
    std::span<const std::string> words = invocation_.words;
    if (!words.empty() && words[0] == "serve") words = words.subspan(1);
    for (const std::string& word : words) out_.Leave(word);
    const std::string port = invocation_.Variable("SAGEMAKER_BIND_TO_PORT");
    Listen(port.empty() ? "8080" : port, "SAGEMAKER_BIND_TO_PORT");
    TakeModels();
    TakeVariables();
    ListenBeside("SAGEMAKER_TRITON_ALLOW_GRPC", "SAGEMAKER_TRITON_GRPC_PORT", "8001");
    ListenBeside("SAGEMAKER_TRITON_ALLOW_METRICS", "SAGEMAKER_TRITON_METRICS_PORT", "8002");
    SetTritonLogLevel(given_, "SAGEMAKER_TRITON_LOG_VERBOSE", "SAGEMAKER_TRITON_LOG_INFO",
                      "SAGEMAKER_TRITON_LOG_WARNING", out_);
  }

 private:
  void TakeModels() {
    constexpr std::string_view kSeveral = "SAGEMAKER_MULTI_MODEL";
    if (invocation_.Variable(kSeveral) != "true")
      return out_.Add("models.paths", "/opt/ml/model", "--as sagemaker");
    out_.Set("dialects.models", "sagemaker", kSeveral);
    out_.Set("models.control", "explicit", kSeveral);
    out_.Set("http.public_models", "true", kSeveral);
    out_.Add("models.paths", "/opt/ml/models", kSeveral);
  }

  void TakeVariables() {
    for (const auto& [name, value] : invocation_.environment) {
      if (value.empty()) continue;
      if (const OptionRule* rule = FindRule(kSagemakerVariables, name))
        ApplyOption(*rule, value, name, given_, out_);
      else if (std::ranges::any_of(kPrefixes,
                                   [&](auto prefix) { return name.starts_with(prefix); }))
        out_.Note(name, "has no effect: it is not known here");
    }
  }

  void ListenBeside(std::string_view allow, std::string_view port, std::string_view otherwise) {
    if (given_.Bool(allow)) Listen(given_.Text(port, otherwise), given_.Where(port, allow));
  }
  void Listen(std::string_view port, std::string_view where) {
    out_.ListenAt("0.0.0.0", port, where);
  }

  const Invocation& invocation_;
  Translation& out_;
  GivenOptions given_;
};

}  // namespace

Personality SagemakerPersonality() {
  return {"sagemaker",
          {"serve"},
          kSagemakerVariables,
          [](const Invocation& invocation, Translation& out) { Sagemaker(invocation, out).Run(); }};
}

}  // namespace slipway::cli
