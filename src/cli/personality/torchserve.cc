// Source: pytorch/serve, ts/arg_parser.py: options; frontend ConfigManager.java: properties,
// variables and defaults.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/nearest_word.h"
#include "cli/personality/models.h"
#include "cli/personality/personality.h"
#include "repository/foreign/properties.h"

namespace slipway::cli {
namespace {

constexpr std::string_view kNoHandlers = "handlers do not run";
constexpr std::string_view kNoSequences = "sequences are not offered";
constexpr std::string_view kNoWorkflows = "workflows are not offered";
constexpr std::string_view kOwnMetrics = "metrics are always there, at /metrics";
constexpr std::string_view kNoPlugins = "plugins are not run";
constexpr std::string_view kNoKeystore =
    "keys are taken from PEM files: certificate_file and private_key_file";

const OptionRule kTorchserveOptions[] = {
    {"--start", Takes::kNothing, Kept{}},
    {"--stop", Takes::kNothing, Refused{"a server is stopped by SIGTERM"}},
    {"--foreground", Takes::kNothing, Kept{}},
    {"--version", Takes::kNothing, Kept{}, "-v"},
    {"--ts-config", Takes::kText, Kept{}},
    {"--model-store", Takes::kText, Kept{}},
    {"--models", Takes::kTexts, Kept{}},
    {"--workflow-store", Takes::kText, Refused{kNoWorkflows}},
    {"--log-config", Takes::kText, NoEffect{kOwnLog}},
    {"--cpp-log-config", Takes::kText, NoEffect{kOwnLog}},
    {"--no-config-snapshots", Takes::kNothing, Kept{}, "--ncs"},
    {"--plugins-path", Takes::kText, Refused{kNoPlugins}, "--ppath"},
    {"--disable-token-auth", Takes::kNothing, Kept{}, "--dt"},
    {"--enable-model-api", Takes::kNothing, Kept{}},
};

const OptionRule kProperties[] = {
    {"inference_address", Takes::kText, Kept{}},
    {"management_address", Takes::kText, Kept{}},
    {"metrics_address", Takes::kText, Kept{}},
    {"model_store", Takes::kText, Kept{}},
    {"load_models", Takes::kText, Kept{}},
    {"enable_envvars_config", Takes::kBool, Kept{}},
    {"disable_token_authorization", Takes::kBool, Kept{}},
    {"enable_model_api", Takes::kBool, Kept{}},
    {"default_response_timeout", Takes::kNumber, Sets{"models.request_timeout", "s"}},
    {"job_queue_size", Takes::kNumber, Sets{"models.queue_size"}},
    {"number_of_netty_threads", Takes::kNumber, Sets{"resources.io_threads"}},
    {"max_request_size", Takes::kNumber, Sets{"limits.max_body"}},
    {"certificate_file", Takes::kText, Sets{"tls.certificate"}},
    {"private_key_file", Takes::kText, Sets{"tls.key"}},
    {"keystore", Takes::kText, Refused{kNoKeystore}},
    {"keystore_pass", Takes::kText, Refused{kNoKeystore}},
    {"keystore_type", Takes::kText, Refused{kNoKeystore}},
    {"cors_allowed_origin", Takes::kText,
     Refused{"name the origins that may read answers: --cors-origin https://console.example"}},
    {"cors_allowed_methods", Takes::kText, NoEffect{"--cors-origin allows the methods there are"}},
    {"cors_allowed_headers", Takes::kText, NoEffect{"--cors-origin allows the headers there are"}},
    {"service_envelope", Takes::kText, Refused{"bodies are read by their form; leave it out"}},
    {"default_service_handler", Takes::kText, Refused{kNoHandlers}},
    {"plugins_path", Takes::kText, Refused{kNoPlugins}},
    {"workflow_store", Takes::kText, NoEffect{kNoWorkflows}},
    {"allowed_urls", Takes::kText, NoEffect{"models come from the model store alone"}},
    {"use_env_allowed_urls", Takes::kBool, NoEffect{"models come from the model store alone"}},
    {"models", Takes::kText, NoEffect{kNoWorkers}},
    {"model_snapshot", Takes::kText, NoEffect{"what is loaded follows the model store"}},
    {"default_workers_per_model", Takes::kNumber, NoEffect{kNoWorkers}},
    {"default_startup_timeout", Takes::kNumber, NoEffect{"--probe-time-limit bounds a load"}},
    {"unregister_model_timeout", Takes::kNumber, NoEffect{"--drain-limit bounds an unload"}},
    {"netty_client_threads", Takes::kNumber, NoEffect{kNoWorkers}},
    {"number_of_gpu", Takes::kNumber, NoEffect{"models run on processors only", "0"}},
    {"prefer_direct_buffer", Takes::kBool, NoEffect{kNoWorkers}},
    {"install_py_dep_per_model", Takes::kBool, NoEffect{kNoHandlers, "false"}},
    {"max_response_size", Takes::kNumber, NoEffect{"answers are as large as the model makes them"}},
    {"limit_max_image_pixels", Takes::kText, NoEffect{"images are not decoded"}},
    {"decode_input_request", Takes::kText, NoEffect{"bodies are read by their form"}},
    {"blacklist_env_vars", Takes::kText, NoEffect{kNoHandlers}},
    {"initial_worker_port", Takes::kNumber, NoEffect{kNoHandlers}},
    {"initial_distribution_port", Takes::kNumber, NoEffect{kNoHandlers}},
    {"ipex_enable", Takes::kBool, NoEffect{kNoHandlers, "false"}},
    {"ipex_gpu_enable", Takes::kBool, NoEffect{kNoHandlers, "false"}},
    {"cpu_launcher_enable", Takes::kBool, NoEffect{kNoHandlers, "false"}},
    {"cpu_launcher_args", Takes::kText, NoEffect{kNoHandlers}},
    {"python", Takes::kText, NoEffect{kNoHandlers}},
    {"vmargs", Takes::kText, NoEffect{"there is no virtual machine"}},
    {"debug", Takes::kBool, NoEffect{"--log-level=debug tells more", "false"}},
    {"async_logging", Takes::kBool, NoEffect{kOwnLog}},
    {"cpp_log_config", Takes::kText, NoEffect{kOwnLog}},
    {"metrics_config", Takes::kText, NoEffect{kOwnMetrics}},
    {"metrics_mode", Takes::kText, NoEffect{kOwnMetrics, "prometheus"}},
    {"enable_metrics_api", Takes::kBool, NoEffect{kOwnMetrics, "true"}},
    {"model_metrics_auto_detect", Takes::kBool, NoEffect{kOwnMetrics}},
    {"disable_system_metrics", Takes::kBool, NoEffect{kOwnMetrics}},
    {"system_metrics_cmd", Takes::kText, NoEffect{kOwnMetrics}},
    {"metric_time_interval", Takes::kNumber, NoEffect{kOwnMetrics}},
    {"grpc_inference_address", Takes::kText, Kept{}},
    {"grpc_management_address", Takes::kText, Kept{}},
    {"grpc_inference_port", Takes::kNumber, Kept{}},
    {"grpc_management_port", Takes::kNumber, Kept{}},
    {"enable_grpc_ssl", Takes::kBool, Kept{}},
    {"grpc_inference_max_connection_age_ms", Takes::kNumber, NoEffect{kOwnTransport}},
    {"grpc_management_max_connection_age_ms", Takes::kNumber, NoEffect{kOwnTransport}},
    {"grpc_inference_max_connection_age_grace_ms", Takes::kNumber, NoEffect{kOwnTransport}},
    {"grpc_management_max_connection_age_grace_ms", Takes::kNumber, NoEffect{kOwnTransport}},
    {"ts_open_inference_protocol", Takes::kText,
     NoEffect{"the Open Inference Protocol is always there", "true"}},
    {"ts_header_key_sequence_id", Takes::kText, Refused{kNoSequences}},
    {"ts_header_key_sequence_start", Takes::kText, Refused{kNoSequences}},
    {"ts_header_key_sequence_end", Takes::kText, Refused{kNoSequences}},
    {"token_expiration_min", Takes::kText, NoEffect{"tokens are not offered"}},
    {"use_native_io", Takes::kBool, NoEffect{"connections are Slipway's own"}},
    {"io_ratio", Takes::kNumber, NoEffect{"connections are Slipway's own"}},
};

void RefuseUnknown(std::string_view name, std::string_view where, Translation& out) {
  std::vector<std::string_view> names;
  for (const OptionRule& rule : kProperties) names.push_back(rule.name);
  out.Refuse(where, fmt::format("is no property of TorchServe{}", DidYouMean(name, names)));
}

void TakeProperties(std::string_view text, std::string_view file, GivenOptions& properties,
                    Translation& out) {
  for (const repository::Property& property : repository::ParseProperties(text)) {
    const std::string where = fmt::format("{}:{}: {}", file, property.line, property.name);
    const OptionRule* rule = FindRule(kProperties, property.name);
    if (property.continues)
      out.Refuse(where, "a value on several lines is not read");
    else if (rule == nullptr)
      RefuseUnknown(property.name, where, out);
    else
      ApplyOption(*rule, property.value, where, properties, out);
  }
}

class Torchserve {
 public:
  Torchserve(const Invocation& invocation, Translation& out)
      : invocation_(invocation),
        out_(out),
        given_(ReadOptions(kTorchserveOptions, invocation.words, out)) {}

  void Run() {
    if (given_.Has("--version")) return out_.Refuse("--version", kVersionServesNothing);
    ReadProperties();
    ReadVariables();
    TakeServed();
    TakeAddresses();
    CheckTokens();
    out_.Set("dialects.metrics", "torchserve", kAs);
  }

 private:
  static constexpr std::string_view kAs = "--as torchserve";

  /// The file that is named, or that of the working folder if there is one.
  void ReadProperties() {
    const std::string variable = invocation_.Variable("TS_CONFIG_FILE");
    const bool named = !variable.empty() || given_.Has("--ts-config");
    const std::string path =
        variable.empty() ? given_.Text("--ts-config", "config.properties") : variable;
    const auto text = ReadTextFile(path);
    if (!named && !text.ok() && ReasonOf(text.status()) == Reason::kNotFound) return;
    if (!text.ok())
      return out_.Refuse(variable.empty() ? "--ts-config" : "TS_CONFIG_FILE",
                         MessageOf(text.status()));
    TakeProperties(*text, path, properties_, out_);
  }

  void ReadVariables() {
    if (!properties_.Bool("enable_envvars_config")) return;
    for (const OptionRule& rule : kProperties) {
      std::string variable = fmt::format("TS_{}", rule.name);
      std::transform(variable.begin(), variable.end(), variable.begin(), ::toupper);
      if (std::string value = invocation_.Variable(variable); !value.empty())
        ApplyOption(rule, std::move(value), variable, properties_, out_);
    }
  }

  void TakeServed() {
    const std::string store = given_.Text("--model-store", properties_.Text("model_store"));
    if (store.empty()) return out_.Refuse("--model-store", "is missing");
    std::vector<std::string> wanted = given_.Texts("--models");
    const std::string_view where = wanted.empty() ? "load_models" : "--models";
    if (wanted.empty()) wanted = repository::SplitAtCommas(properties_.Text("load_models"));
    if (given_.Has("--enable-model-api") || properties_.Bool("enable_model_api")) {
      const auto api = given_.Where("--enable-model-api", "enable_model_api");
      out_.Set("models.control", "explicit", api);
      out_.Add("models.paths", store, "--model-store");
      for (const std::string& text : wanted) LoadAtStart(store, text, where);
      return;
    }
    if (wanted.empty())
      return out_.Refuse("--models", "is missing: without --enable-model-api no model is loaded");
    TakeModels(repository::ReadTorchserveModels(store, wanted), where, out_);
  }

  /// The store is a repository then; another name than the file's is a model beside it.
  void LoadAtStart(const std::string& store, const std::string& wanted, std::string_view where) {
    if (wanted == "all" || wanted == "ALL") return out_.Add("models.load", "*", where);
    constexpr std::string_view kOnnx = ".onnx";
    const size_t equals = wanted.find('=');
    const std::string file = equals == std::string::npos ? wanted : wanted.substr(equals + 1);
    const std::string own_name =
        file.ends_with(kOnnx) ? file.substr(0, file.size() - kOnnx.size()) : file;
    const std::string name = equals == std::string::npos ? own_name : wanted.substr(0, equals);
    if (name != own_name)
      out_.Add("models.paths", fmt::format("{}={}/{}", name, store, file), where);
    out_.Add("models.load", name, where);
  }

  /// An address of several APIs has management's /models among them, as there.
  void TakeAddresses() {
    constexpr std::string_view kManagement = "management_address";
    const std::pair<std::string_view, std::string_view> addresses[] = {
        {"inference_address", "http://127.0.0.1:8080"},
        {kManagement, "http://127.0.0.1:8081"},
        {"metrics_address", "http://127.0.0.1:8082"}};
    const std::string management = properties_.Text(kManagement, addresses[1].second);
    for (const auto& [property, otherwise] : addresses) {
      const std::string address = properties_.Text(property, otherwise);
      Listen(address, address == management ? "=torchserve-management" : "",
             properties_.Where(property, kAs));
    }
    ListenGrpc("grpc_inference_address", "grpc_inference_port", "7070");
    ListenGrpc("grpc_management_address", "grpc_management_port", "7071");
  }
  void ListenGrpc(std::string_view host, std::string_view port, std::string_view otherwise) {
    out_.ListenAt(properties_.Text(host, "127.0.0.1"), properties_.Text(port, otherwise),
                  properties_.Where(port, properties_.Where(host, kAs)),
                  properties_.Bool("enable_grpc_ssl") ? "https://" : "http://");
  }
  void Listen(const std::string& address, std::string_view dialect, std::string_view where) {
    if (!listened_.insert(address).second) return;
    out_.Listen(fmt::format("{}{}", address, dialect), where);
  }

  /// TorchServe asks for tokens unless told not to; nobody here does.
  void CheckTokens() {
    if (given_.Has("--disable-token-auth") || properties_.Bool("disable_token_authorization"))
      return;
    constexpr std::string_view kWhy =
        "tokens are not offered: add --disable-token-auth to serve without them";
    if (out_.Sets("http.public_inference"))
      out_.Refuse("--disable-token-auth", kWhy);
    else
      out_.Note("--disable-token-auth",
                "is not given; requests of this machine need no token here");
  }

  const Invocation& invocation_;
  Translation& out_;
  GivenOptions given_;
  GivenOptions properties_;
  std::set<std::string> listened_;
};

}  // namespace

Status CheckTorchserveProperties(std::string_view text, std::string_view file) {
  Translation translation;
  GivenOptions properties;
  TakeProperties(text, file, properties, translation);
  return translation.problem();
}

Personality TorchservePersonality() {
  return {
      "torchserve",
      {"torchserve"},
      kTorchserveOptions,
      [](const Invocation& invocation, Translation& out) { Torchserve(invocation, out).Run(); }};
}

}  // namespace slipway::cli
