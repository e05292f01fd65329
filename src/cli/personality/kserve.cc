// Source: kserve/kserve, python/kserve/kserve/model_server.py and python/{sklearn,xgb,lgb}server:
// options, defaults, and which file of a folder is the model.
#include <absl/strings/ascii.h>
#include <fmt/format.h>

#include "cli/personality/models.h"
#include "cli/personality/personality.h"

namespace slipway::cli {
namespace {

constexpr std::string_view kOneProcess = "one process uses every processor";
constexpr std::string_view kNoTransformer = "the server of a model asks no other one";
constexpr std::string_view kHttpPort = "8080", kHttpsPort = "8443";
constexpr std::string_view kOwnLoop = "connections are waited for with epoll";

const OptionRule kKserveOptions[] = {
    {"--model_name", Takes::kText, Kept{}},
    {"--model_dir", Takes::kText, Kept{}},
    {"--http_port", Takes::kNumber, Kept{}},
    {"--grpc_port", Takes::kNumber, Kept{}},
    {"--enable_grpc", Takes::kBoolWord, Kept{}},
    {"--ssl_certfile", Takes::kText, Kept{}},
    {"--ssl_keyfile", Takes::kText, Kept{}},
    {"--nthread", Takes::kNumber, NoEffect{"--intra-op-threads says so of one run", "1"}},
    {"--workers", Takes::kNumber, NoEffect{kOneProcess, "1"}},
    {"--max_threads", Takes::kNumber, NoEffect{kOneProcess, "4"}},
    {"--max_asyncio_workers", Takes::kNumber, NoEffect{kOneProcess}},
    {"--enable_docs_url", Takes::kBoolWord,
     NoEffect{"/openapi.json describes the routes, always", "false"}},
    {"--enable_latency_logging", Takes::kBoolWord,
     NoEffect{"the access log and the metrics have times", "true"}},
    {"--configure_logging", Takes::kBoolWord, NoEffect{kOwnLog, "true"}},
    {"--log_config_file", Takes::kText, NoEffect{kOwnLog}},
    {"--access_log_format", Takes::kText, NoEffect{kOwnLog}},
    {"--event-loop", Takes::kText, NoEffect{kOwnLoop, "auto"}},
    {"--timeout-keep-alive", Takes::kNumber, Sets{"limits.idle_timeout", "s"}},
    {"--predictor_host", Takes::kText,
     Refused{"calls another server: transformers are not offered"}},
    {"--protocol", Takes::kText, NoEffect{kNoTransformer, "v1"}},
    {"--predictor_protocol", Takes::kText, NoEffect{kNoTransformer, "v1"}},
    {"--predictor_use_ssl", Takes::kBoolWord, NoEffect{kNoTransformer, "false"}},
    {"--predictor_request_timeout_seconds", Takes::kNumber, NoEffect{kNoTransformer, "600"}},
    {"--predictor_request_retries", Takes::kNumber, NoEffect{kNoTransformer, "0"}},
    {"--enable_predictor_health_check", Takes::kNothing, NoEffect{kNoTransformer}},
    {"--grpc_max_send_message_length", Takes::kText, NoEffect{"answers have any size"}},
    {"--grpc_max_receive_message_length", Takes::kText, NoEffect{"--max-body bounds messages"}},
};

struct KserveServer {
  std::string_view name;
  std::vector<std::string_view> endings;  // of model files
  std::string_view answer;                // for models.answers; "" = as the model says
};

class Kserve {
 public:
  Kserve(const KserveServer& server, const Invocation& invocation, Translation& out)
      : server_(server),
        as_(fmt::format("--as {}", server.name)),
        invocation_(invocation),
        out_(out) {}

  void Run() {
    given_ = ReadOptions(kKserveOptions, invocation_.words, out_);
    if (!given_.Has("--model_dir")) return out_.Refuse("--model_dir", "is missing");
    TakeFolder();
    TakeAnswer();
    TakeAddresses();
    out_.Set("dialects.open_inference", "kserve", as_);
  }

 private:
  void TakeFolder() {
    std::string folder = given_.Text("--model_dir");
    if (folder.starts_with("file://")) folder.erase(0, 7);
    if (out_.RefusesUri(folder, "--model_dir", "download it first")) return;
    while (folder.size() > 1 && folder.ends_with('/')) folder.pop_back();
    auto model =
        repository::ReadKserveModel(folder, given_.Text("--model_name", "model"), server_.endings);
    if (!model.ok()) return out_.Refuse("--model_dir", MessageOf(model.status()));
    if (!model->path.empty())
      return TakeModels(std::vector{*std::move(model)}, "--model_dir", out_);
    // Many models, a folder each, which may come and go.
    out_.Add("models.paths", folder, "--model_dir");
    out_.Set("models.control", "explicit", as_);
    out_.Add("models.load", "*", as_);
    if (given_.Has("--model_name"))
      out_.Note("--model_name",
                "has no effect: models are called as their folders beneath --model_dir");
  }

  void TakeAnswer() {
    if (!server_.answer.empty())
      return out_.Add("models.answers", AnswerOfAll(server_.answer), as_);
    constexpr std::string_view kVariable = "PREDICT_PROBA";
    if (absl::AsciiStrToLower(invocation_.Variable(kVariable)) == "true")
      out_.Add("models.answers", AnswerOfAll("predict_proba,predict"), kVariable);
  }
  static std::string AnswerOfAll(std::string_view answer) { return fmt::format("*={}", answer); }

  /// HTTP alone has TLS there, and then another port in the place of its usual one.
  void TakeAddresses() {
    const bool certified = TakeFile("tls.certificate", "--ssl_certfile", "KSERVE_TLS_CERT_FILE");
    const bool keyed = TakeFile("tls.key", "--ssl_keyfile", "KSERVE_TLS_KEY_FILE");
    const bool secure = certified && keyed;
    const std::string http = given_.Text("--http_port", kHttpPort);
    Listen("--http_port", secure && http == kHttpPort ? kHttpsPort : http);
    if (given_.Bool("--enable_grpc", true))
      Listen("--grpc_port", given_.Text("--grpc_port", "8081"), secure ? "http://" : "");
  }
  bool TakeFile(std::string_view setting, std::string_view option, std::string_view variable) {
    std::string file = given_.Text(option, invocation_.Variable(variable));
    const bool named = !file.empty();
    if (named) out_.Set(setting, std::move(file), given_.Where(option, variable));
    return named;
  }
  void Listen(std::string_view option, std::string_view port, std::string_view scheme = "") {
    out_.ListenAt("0.0.0.0", port, given_.Where(option, as_), scheme);
  }

  const KserveServer& server_;
  const std::string as_;
  const Invocation& invocation_;
  Translation& out_;
  GivenOptions given_;
};

const KserveServer kSklearn{"sklearnserver", {".joblib", ".pkl", ".pickle"}, ""};
const KserveServer kXgb{"xgbserver", {".bst", ".json", ".ubj"}, "Booster.predict"};
const KserveServer kLgb{"lgbserver", {".bst"}, "Booster.predict"};

template <const KserveServer& server>
Personality PersonalityOf() {
  return {server.name,
          {server.name},
          kKserveOptions,
          [](const Invocation& invocation, Translation& out) {
            Kserve(server, invocation, out).Run();
          }};
}

}  // namespace

Personality SklearnserverPersonality() { return PersonalityOf<kSklearn>(); }
Personality XgbserverPersonality() { return PersonalityOf<kXgb>(); }
Personality LgbserverPersonality() { return PersonalityOf<kLgb>(); }

}  // namespace slipway::cli
