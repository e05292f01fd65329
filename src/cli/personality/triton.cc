// Source: triton-inference-server/server, src/command_line_parser.{h,cc}: options and defaults.
#include "cli/personality/personality.h"

namespace slipway::cli {
namespace {

constexpr std::string_view kAnyAddress = "0.0.0.0";
constexpr std::string_view kNoGpu = "models run on processors only";
constexpr std::string_view kNoTrace =
    "requests are not traced into files; traceparent is passed on";
constexpr std::string_view kNoRestriction =
    "keys for parts of the API are not offered; --control gives loading and unloading an address "
    "of its own";

const OptionRule kTritonOptions[] = {
    {"--id", Takes::kText, NoEffect{"the server's metadata calls it slipway"}},
    {"--exit-timeout-secs", Takes::kNumber, Sets{"limits.drain", "s"}},
    {"--model-repository", Takes::kText, Kept{}},
    {"--model-store", Takes::kText, Kept{}},
    {"--exit-on-error", Takes::kBoolWord,
     NoEffect{"a model that fails ends the start only when no other can be served", "false"}},
    {"--strict-readiness", Takes::kBoolWord,
     NoEffect{"a model that fails does not end readiness; the repository index names it", "false"}},
    {"--disable-auto-complete-config", Takes::kNothing,
     NoEffect{"what config.pbtxt leaves out comes from the model"}},
    {"--strict-model-config", Takes::kBoolWord,
     NoEffect{"what config.pbtxt leaves out comes from the model", "false"}},
    {"--model-control-mode", Takes::kText, Sets{"models.control"}},
    {"--repository-poll-secs", Takes::kNumber, Sets{"models.poll_interval", "s"}},
    {"--load-model", Takes::kText, Kept{}},
    {"--model-config-name", Takes::kText,
     Refused{"configurations other than config.pbtxt are not read"}},
    {"--model-load-thread-count", Takes::kNumber, NoEffect{"models are loaded one by one"}},
    {"--model-load-retry-count", Takes::kNumber,
     NoEffect{"a model that fails is loaded again when its files change", "0"}},
    {"--model-namespacing", Takes::kBoolWord,
     Refused{"a model's name is unique over all repositories", "false"}},

    {"--allow-http", Takes::kBoolWord, Kept{}},
    {"--http-address", Takes::kText, Kept{}},
    {"--http-port", Takes::kNumber, Kept{}},
    {"--reuse-http-port", Takes::kBoolWord, Refused{"a port is one process's", "false"}},
    {"--http-header-forward-pattern", Takes::kText, NoEffect{"ONNX models take no headers"}},
    {"--http-thread-count", Takes::kNumber, Sets{"resources.io_threads"}},
    {"--http-max-input-size", Takes::kNumber, Sets{"limits.max_body"}},
    {"--http-restricted-api", Takes::kText, Refused{kNoRestriction}},
    {"--allow-grpc", Takes::kBoolWord, Kept{}},
    {"--grpc-address", Takes::kText, Kept{}},
    {"--grpc-port", Takes::kNumber, Kept{}},
    {"--reuse-grpc-port", Takes::kBoolWord, Refused{"a port is one process's", "false"}},
    {"--grpc-header-forward-pattern", Takes::kText, NoEffect{"ONNX models take no headers"}},
    {"--grpc-infer-thread-count", Takes::kNumber,
     NoEffect{"gRPC runs on the threads of --io-threads"}},
    {"--grpc-infer-allocation-pool-size", Takes::kNumber, NoEffect{"buffers are sized by use"}},
    {"--grpc-max-response-pool-size", Takes::kNumber, NoEffect{"buffers are sized by use"}},
    {"--grpc-use-ssl", Takes::kBoolWord, Kept{}},
    {"--grpc-use-ssl-mutual", Takes::kBoolWord, Kept{}},
    {"--grpc-server-cert", Takes::kText, Kept{}},
    {"--grpc-server-key", Takes::kText, Kept{}},
    {"--grpc-root-cert", Takes::kText, Kept{}},
    {"--grpc-infer-response-compression-level", Takes::kText, Sets{"http.grpc_compression"}},
    {"--grpc-keepalive-time", Takes::kNumber, NoEffect{kOwnTransport}},
    {"--grpc-keepalive-timeout", Takes::kNumber, NoEffect{kOwnTransport}},
    {"--grpc-keepalive-permit-without-calls", Takes::kBoolWord, NoEffect{kOwnTransport}},
    {"--grpc-http2-max-pings-without-data", Takes::kNumber, NoEffect{kOwnTransport}},
    {"--grpc-http2-min-recv-ping-interval-without-data", Takes::kNumber, NoEffect{kOwnTransport}},
    {"--grpc-http2-max-ping-strikes", Takes::kNumber, NoEffect{kOwnTransport}},
    {"--grpc-max-connection-age", Takes::kNumber, NoEffect{kOwnTransport}},
    {"--grpc-max-connection-age-grace", Takes::kNumber, NoEffect{kOwnTransport}},
    {"--grpc-restricted-protocol", Takes::kText, Refused{kNoRestriction}},

    {"--log-verbose", Takes::kText, Kept{}},
    {"--log-info", Takes::kBoolWord, Kept{}},
    {"--log-warning", Takes::kBoolWord, Kept{}},
    {"--log-error", Takes::kBoolWord, NoEffect{"errors are always told", "true"}},
    {"--log-format", Takes::kText, NoEffect{"SLIPWAY_LOG_FORMAT is human or json", "default"}},
    {"--log-file", Takes::kText, NoEffect{"the log goes to standard error"}},

    {"--allow-sagemaker", Takes::kBoolWord, Kept{}},
    {"--sagemaker-port", Takes::kNumber, Kept{}},
    {"--sagemaker-safe-port-range", Takes::kText, NoEffect{"other ports are those given"}},
    {"--sagemaker-thread-count", Takes::kNumber, NoEffect{"--io-threads are everybody's"}},
    {"--allow-vertex-ai", Takes::kBoolWord, Kept{}},
    {"--vertex-ai-port", Takes::kNumber, Kept{}},
    {"--vertex-ai-thread-count", Takes::kNumber, NoEffect{"--io-threads are everybody's"}},
    {"--vertex-ai-default-model", Takes::kText, Sets{"models.default_model"}},

    {"--allow-metrics", Takes::kBoolWord, Kept{}},
    {"--allow-gpu-metrics", Takes::kBoolWord, NoEffect{kNoGpu, "false"}},
    {"--allow-cpu-metrics", Takes::kBoolWord,
     NoEffect{"processor metrics are always there", "true"}},
    {"--metrics-address", Takes::kText, Kept{}},
    {"--metrics-port", Takes::kNumber, Kept{}},
    {"--metrics-interval-ms", Takes::kText, NoEffect{"metrics are read when they are asked for"}},
    {"--metrics-config", Takes::kText, NoEffect{"latencies are histograms, slipway_*_seconds"}},
    {"--trace-config", Takes::kText, NoEffect{kNoTrace}},
    {"--trace-file", Takes::kText, NoEffect{kNoTrace}},
    {"--trace-level", Takes::kText, NoEffect{kNoTrace, "OFF"}},
    {"--trace-rate", Takes::kNumber, NoEffect{kNoTrace}},
    {"--trace-count", Takes::kText, NoEffect{kNoTrace}},
    {"--trace-log-frequency", Takes::kNumber, NoEffect{kNoTrace}},

    {"--cache-config", Takes::kText, Kept{}},
    {"--cache-directory", Takes::kText, NoEffect{"answers are cached in the server's memory"}},
    {"--response-cache-byte-size", Takes::kNumber, Sets{"cache.size"}},
    {"--rate-limit", Takes::kText, NoEffect{"runs are bounded by instance_group", "off"}},
    {"--rate-limit-resource", Takes::kText, NoEffect{"runs are bounded by instance_group"}},
    {"--pinned-memory-pool-byte-size", Takes::kNumber, NoEffect{kNoGpu}},
    {"--cuda-memory-pool-byte-size", Takes::kText, NoEffect{kNoGpu}},
    {"--cuda-virtual-address-size", Takes::kText, NoEffect{kNoGpu}},
    {"--min-supported-compute-capability", Takes::kText, NoEffect{kNoGpu}},
    {"--model-load-gpu-limit", Takes::kText, NoEffect{kNoGpu}},
    {"--enable-peer-access", Takes::kBoolWord, NoEffect{kNoGpu}},
    {"--buffer-manager-thread-count", Takes::kNumber, NoEffect{"there are no such threads"}},
    {"--host-policy", Takes::kText, NoEffect{"threads are sized by --io-threads"}},
    {"--allow-client-shm", Takes::kBoolWord, Sets{"shared_memory.allow"}},
    {"--backend-directory", Takes::kText, NoEffect{kOnnxOnly}},
    {"--backend-config", Takes::kText, NoEffect{kOnnxOnly}},
    {"--repoagent-directory", Takes::kText, NoEffect{kOnnxOnly}},
};

class Triton {
 public:
  Triton(const Invocation& invocation, Translation& out)
      : invocation_(invocation),
        out_(out),
        given_(ReadOptions(kTritonOptions, invocation.words, out)) {}

  void Run() {
    TakeModels();
    TakeTls();
    TakeAddresses();
    SetTritonLogLevel(given_, "--log-verbose", "--log-info", "--log-warning", out_);
    TakeCache();
  }

 private:
  static constexpr std::string_view kAs = "--as triton";

  void TakeModels() {
    for (const std::string_view name : {"--model-repository", "--model-store"})
      for (std::string& path : given_.Texts(name)) TakeRepository(std::move(path), name);
    std::string uri = invocation_.Variable("AIP_STORAGE_URI");
    if (!uri.empty() && !given_.Has("--model-repository") && !given_.Has("--model-store"))
      TakeRepository(std::move(uri), "AIP_STORAGE_URI");
    const bool is_explicit = given_.Text("--model-control-mode") == "explicit";
    for (std::string& model : given_.Texts("--load-model")) {
      if (is_explicit)
        out_.Add("models.load", std::move(model), "--load-model");
      else
        out_.Refuse("--load-model", "needs --model-control-mode=explicit");
    }
  }

  void TakeRepository(std::string path, std::string_view where) {
    if (!out_.RefusesUri(path, where, "repositories elsewhere are not read yet, copy or mount it"))
      out_.Add("models.paths", std::move(path), where);
  }

  /// TLS is the gRPC address's alone: the others are written as plain.
  void TakeTls() {
    if (!given_.Bool("--grpc-use-ssl")) return;
    plain_ = "http://";
    const auto set = [&](std::string_view option, std::string_view path) {
      if (given_.Has(option)) out_.Set(path, given_.Text(option), option);
    };
    set("--grpc-server-cert", "tls.certificate");
    set("--grpc-server-key", "tls.key");
    if (given_.Bool("--grpc-use-ssl-mutual")) set("--grpc-root-cert", "tls.client_ca");
    for (const std::string_view needed : {"--grpc-server-cert", "--grpc-server-key"})
      if (given_.Text(needed).empty())
        out_.Refuse("--grpc-use-ssl", fmt::format("needs {} FILE", needed));
  }

  /// On Vertex AI its own address takes the place of the others.
  void TakeAddresses() {
    const bool vertex = invocation_.Variable("AIP_MODE") == "PREDICTION";
    const std::string http_address = given_.Text("--http-address", kAnyAddress);
    if (given_.Bool("--allow-http", !vertex)) Listen(plain_, http_address, "--http-port", "8000");
    if (given_.Bool("--allow-grpc", !vertex))
      Listen("", given_.Text("--grpc-address", kAnyAddress), "--grpc-port", "8001");
    if (given_.Bool("--allow-metrics", true))
      Listen(plain_, given_.Text("--metrics-address", http_address), "--metrics-port", "8002");
    if (given_.Bool("--allow-sagemaker")) Listen(plain_, kAnyAddress, "--sagemaker-port", "8080");
    if (given_.Bool("--allow-vertex-ai", vertex)) TakeVertex();
    out_.Set("dialects.metrics", "triton", kAs);
  }

  void TakeVertex() {
    const std::string port = invocation_.Variable("AIP_HTTP_PORT");
    Listen(plain_, kAnyAddress, "--vertex-ai-port", port.empty() ? "8080" : port,
           port.empty() ? kAs : "AIP_HTTP_PORT");
    for (const auto& [variable, path] : {std::pair("AIP_HEALTH_ROUTE", "vertex.health_route"),
                                         std::pair("AIP_PREDICT_ROUTE", "vertex.predict_route")}) {
      const std::string route = invocation_.Variable(variable);
      if (!route.empty()) out_.Set(path, route, variable);
    }
  }

  void Listen(std::string_view scheme, std::string_view host, std::string_view port,
              std::string_view otherwise, std::string_view where = kAs) {
    out_.ListenAt(host, given_.Text(port, otherwise), given_.Where(port, where), scheme);
  }

  void TakeCache() {
    constexpr std::string_view kOption = "--cache-config", kLocal = "local,size=";
    for (const std::string& cache : given_.Texts(kOption)) {
      if (cache.starts_with(kLocal))
        out_.Set("cache.size", cache.substr(kLocal.size()), kOption);
      else
        out_.Refuse(kOption, fmt::format("expected \"local,size=BYTES\", got \"{}\": answers are "
                                         "cached in the server's memory",
                                         cache));
    }
  }

  const Invocation& invocation_;
  Translation& out_;
  GivenOptions given_;
  std::string_view plain_;
};

}  // namespace

void SetTritonLogLevel(const GivenOptions& given, std::string_view verbose, std::string_view info,
                       std::string_view warning, Translation& out) {
  const std::string level = given.Text(verbose, "0");
  if (level != "0" && level != "false")
    out.Set("log.level", "debug", verbose);
  else if (!given.Bool(warning, true))
    out.Set("log.level", "error", warning);
  else if (!given.Bool(info, true))
    out.Set("log.level", "warn", info);
}

Personality TritonPersonality() {
  return {"triton",
          {"tritonserver"},
          kTritonOptions,
          [](const Invocation& invocation, Translation& out) { Triton(invocation, out).Run(); },
          "--model-repository"};
}

}  // namespace slipway::cli
