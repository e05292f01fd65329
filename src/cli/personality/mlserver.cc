// Source: SeldonIO/MLServer, mlserver/settings.py and mlserver/cli: settings, defaults, precedence.
#include <fmt/format.h>

#include <algorithm>

#include "cli/personality/models.h"
#include "cli/personality/personality.h"
#include "text/json_reader.h"

namespace slipway::cli {
namespace {

constexpr std::string_view kNoKafka = "Kafka is not offered";
constexpr std::string_view kNoCache =
    "answers are cached for models whose config.pbtxt asks for it";

const OptionRule kSettings[] = {
    {"host", Takes::kText, Kept{}},
    {"http_port", Takes::kNumber, Kept{}},
    {"grpc_port", Takes::kNumber, Kept{}},
    {"metrics_port", Takes::kNumber, Kept{}},
    {"metrics_endpoint", Takes::kText, Kept{}},
    {"model_repository_root", Takes::kText, Kept{}},
    {"load_models_at_startup", Takes::kBool, Kept{}},
    {"use_structured_logging", Takes::kBool, Kept{}},
    {"debug", Takes::kBool, NoEffect{"--log-level=debug tells more", "false"}},
    {"parallel_workers", Takes::kNumber, NoEffect{kNoWorkers}},
    {"parallel_workers_timeout", Takes::kNumber, NoEffect{kNoWorkers}},
    {"environments_dir", Takes::kText, NoEffect{"there are no Python environments"}},
    {"model_repository_implementation", Takes::kText, Refused{"models are read from folders"}},
    {"model_repository_implementation_args", Takes::kText, Refused{"models are read from folders"}},
    {"server_name", Takes::kText, NoEffect{"the server's metadata calls it slipway"}},
    {"server_version", Takes::kText, NoEffect{"the server's metadata has Slipway's own"}},
    {"extensions", Takes::kText, NoEffect{"the server's metadata has Slipway's own", "[]"}},
    {"root_path", Takes::kText, Refused{"routes begin at /", ""}},
    {"grpc_max_message_length", Takes::kText, NoEffect{"--max-body bounds messages"}},
    {"cors_settings", Takes::kText,
     Refused{"name the origins that may read answers: --cors-origin https://console.example"}},
    {"metrics_rest_server_prefix", Takes::kText, NoEffect{"slipway_http_* count requests"}},
    {"metrics_dir", Takes::kText, NoEffect{"metrics are kept in memory"}},
    {"logging_settings", Takes::kText, NoEffect{kOwnLog}},
    {"kafka_enabled", Takes::kBool, Refused{kNoKafka, "false"}},
    {"kafka_servers", Takes::kText, NoEffect{kNoKafka}},
    {"kafka_topic_input", Takes::kText, NoEffect{kNoKafka}},
    {"kafka_topic_output", Takes::kText, NoEffect{kNoKafka}},
    {"tracing_server", Takes::kText, NoEffect{"traceparent is passed on, spans are not sent"}},
    {"cache_enabled", Takes::kBool, NoEffect{kNoCache, "false"}},
    {"cache_size", Takes::kNumber, NoEffect{kNoCache}},
    {"gzip_enabled", Takes::kBool, NoEffect{"answers are compressed for who asks", "true"}},
};

class Mlserver {
 public:
  Mlserver(const Invocation& invocation, Translation& out) : invocation_(invocation), out_(out) {}

  void Run() {
    if (!TakeFolder()) return;
    ReadVariables();
    ReadFile();
    TakeServed();
    TakeAddresses();
    if (settings_.Bool("use_structured_logging"))
      out_.Set("log.format", "json", "use_structured_logging");
    out_.Set("dialects.metrics", "mlserver", kAs);
    out_.Set("dialects.open_inference", "mlserver", kAs);
  }

 private:
  static constexpr std::string_view kAs = "--as mlserver";

  /// "start FOLDER"; what follows is Slipway's own.
  bool TakeFolder() {
    std::span<const std::string> words = invocation_.words;
    if (words.size() < 2 || words[0] != "start" || words[1].starts_with('-')) {
      out_.Refuse(words.empty() ? "mlserver" : words[0], "expected: start FOLDER");
      return false;
    }
    folder_ = words[1];
    while (folder_.size() > 1 && folder_.ends_with('/')) folder_.pop_back();
    for (const std::string& word : words.subspan(2)) out_.Leave(word);
    return true;
  }

  void ReadVariables() {
    for (const OptionRule& rule : kSettings) {
      std::string variable = fmt::format("MLSERVER_{}", rule.name);
      std::transform(variable.begin(), variable.end(), variable.begin(), ::toupper);
      if (std::string value = invocation_.Variable(variable); !value.empty())
        ApplyOption(rule, std::move(value), variable, settings_, out_);
    }
    NoteModelVariables();
  }

  /// Those that are no setting of the server's: what model-settings.json leaves out, there.
  void NoteModelVariables() {
    constexpr std::string_view kPrefix = "MLSERVER_MODEL_", kServers = "MLSERVER_MODEL_REPOSITORY_";
    for (auto at = invocation_.environment.lower_bound(kPrefix);
         at != invocation_.environment.end() && at->first.starts_with(kPrefix); ++at)
      if (!at->first.starts_with(kServers) && !at->second.empty())
        out_.Note(at->first, "has no effect: models are read from model-settings.json");
  }

  /// settings.json, which wins over the environment there.
  void ReadFile() {
    const std::string path = folder_ + "/settings.json";
    const auto text = ReadTextFile(path);
    if (!text.ok() && ReasonOf(text.status()) == Reason::kNotFound) return;
    const Status read = text.ok() ? ReadObject(*text) : text.status();
    if (!read.ok()) out_.Refuse(path, MessageOf(read));
  }

  Status ReadObject(std::string_view json) {
    JsonReader reader(json);
    RETURN_IF_ERROR(reader.BeginObject());
    for (std::string_view key;;) {
      ASSIGN_OR_RETURN(const bool more, reader.NextKey(&key));
      if (!more) break;
      const std::string name(key);
      ASSIGN_OR_RETURN(const JsonType type, reader.Peek());
      std::string value;
      if (type == JsonType::kString) {
        RETURN_IF_ERROR(reader.ReadString(&value));
      } else {
        std::string_view raw;
        RETURN_IF_ERROR(reader.Skip(&raw));
        if (type == JsonType::kNull) continue;
        value = raw;
      }
      const std::string where = "settings.json: " + name;
      if (const OptionRule* rule = FindRule(kSettings, name))
        ApplyOption(*rule, std::move(value), where, settings_, out_);
      else
        out_.Refuse(where, "is no setting of MLServer");
    }
    return reader.End();
  }

  /// MLServer always lets clients load and unload.
  void TakeServed() {
    out_.Set("models.control", "explicit", kAs);
    if (settings_.Bool("load_models_at_startup", true)) out_.Add("models.load", "*", kAs);
    TakeModels(repository::ReadMlserverModels(folder_), folder_, out_);
  }

  void TakeAddresses() {
    Listen("http_port", "8080");
    Listen("grpc_port", "8081");
    const std::string endpoint = settings_.Text("metrics_endpoint", "/metrics");
    if (endpoint != "/metrics")
      return out_.Refuse("metrics_endpoint", fmt::format("expected /metrics, got {}", endpoint));
    Listen("metrics_port", "8082");
  }
  void Listen(std::string_view setting, std::string_view otherwise) {
    out_.ListenAt(settings_.Text("host", "0.0.0.0"), settings_.Text(setting, otherwise),
                  settings_.Where(setting, kAs));
  }

  const Invocation& invocation_;
  Translation& out_;
  GivenOptions settings_;
  std::string folder_;
};

}  // namespace

Personality MlserverPersonality() {
  return {"mlserver", {"mlserver"}, kSettings, [](const Invocation& invocation, Translation& out) {
            Mlserver(invocation, out).Run();
          }};
}

}  // namespace slipway::cli
