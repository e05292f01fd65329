#pragma once
// Everything an operator can set. The names, texts and documentation of these fields live in one
// table (config_schema.h), from which come the YAML reader, the flags, the environment reader and
// docs/configuration.md. The initialisers here are the defaults.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/log.h"

namespace slipway::server {

/// Who decides when models are loaded and unloaded, in every dialect.
enum class ModelControl {
  kNone,      // what is found at start is loaded, once
  kPoll,      // repositories are looked at again every poll interval
  kExplicit,  // nothing is loaded until a client asks
};

enum class CsvHeader { kAuto, kPresent, kAbsent };  // auto: when the first line looks like one

enum class ModelsDialect { kTorchserve, kSagemaker };  // whose /models is

/// Whose names /metrics has besides Slipway's own; as slipway::MetricNames.
enum class MetricsDialect { kNone, kTriton, kTfserving, kTorchserve, kMlserver };

/// Whose habits answers of the Open Inference Protocol have; as openinference::Habit.
enum class OpenInferenceDialect { kTriton, kMlserver, kKserve };

enum class LogFormat { kAuto, kHuman, kJson };  // auto: human on a terminal, JSON elsewhere

struct ModelsConfig {
  std::vector<std::string> paths;  // model files, bundles and repositories; "NAME=PATH" (choices.h)
  std::vector<std::string> versions;  // "NAME=all", "NAME=latest:2", "NAME=3"
  std::vector<std::string> aliases;   // "NAME@ALIAS=3"
  std::vector<std::string> answers;   // "NAME=predict_proba"
  std::vector<std::string>
      allowed_roots;  // every model resolves beneath one of these; empty = its own path
  ModelControl control = ModelControl::kNone;
  std::vector<std::string> load;  // kExplicit: what is loaded at start; "*" = all
  std::string default_model;  // "name" or "name@version", for requests that name none; "" = none
  std::chrono::milliseconds poll_interval{2'000};
  int64_t queue_size = 1'000;                    // requests of one model that may wait
  std::chrono::milliseconds queue_time{30'000};  // that one may have to wait; 0 = any
  std::chrono::milliseconds run_limit{300'000};  // of one run; 0 = none
  int64_t max_batch = 64;      // rows that run together; 1 = requests run one by one
  int64_t batch_delay_us = 0;  // that a free worker waits for company
  bool split_batches = false;  // requests of more than max_batch rows run in pieces
  std::chrono::milliseconds request_timeout{0};  // for requests that name none; 0 = no deadline
};

enum class GrpcCompression { kNone, kLow, kMedium, kHigh };

struct HttpConfig {
  std::vector<std::string> listen{
      "127.0.0.1:8080"};  // normalised: "IP:PORT", "[IP]:PORT", "unix:/path";
                          // "http://" or "https://" may stand before the first two, and
                          // "=torchserve-management" or "=sagemaker" after all
  std::vector<std::string> control_listen;  // when given, control routes live only here
  std::vector<std::string> grpc_listen;     // besides `listen`, where gRPC is spoken too
  bool public_inference = false;  // `listen` may leave loopback; control then stays closed there
  bool public_models = false;     // SageMaker's `/models` loads and unloads wherever inference is
  std::vector<std::string> trusted_peers;
  std::vector<std::string> allowed_hosts;
  std::vector<std::string> cors_origins;
  GrpcCompression grpc_compression = GrpcCompression::kNone;
};

/// Shared memory of clients, for the tensors of their requests.
struct SharedMemoryConfig {
  bool allow = false;
  std::string prefix;  // that the names of objects begin with
};

enum class ClientCertificate { kRequired, kOptional };
enum class TlsVersion { k12, k13 };

struct TlsConfig {
  std::string certificate;  // "" = no TLS
  std::string key;
  std::string client_ca;  // "" = clients are asked for no certificate
  ClientCertificate client_certificate = ClientCertificate::kRequired;
  TlsVersion min_version = TlsVersion::k12;
};

struct LimitsConfig {
  size_t max_body_bytes = size_t{64} << 20;
  size_t max_header_bytes = size_t{16} << 10;
  int64_t max_headers = 100;
  size_t max_url_bytes = size_t{8} << 10;
  int64_t max_connections = 16'000;
  int64_t max_handshakes = 1'000;
  size_t max_buffered_bytes = 0;  // all request bodies together; 0 = a quarter of the memory limit
  std::chrono::milliseconds header_timeout{10'000};
  std::chrono::milliseconds idle_timeout{75'000};
  std::chrono::milliseconds write_timeout{30'000};
  size_t min_body_bytes_per_s = 1'024;
  std::chrono::milliseconds drain_limit{30'000};
};

struct ResourcesConfig {
  int64_t io_threads = 0;         // 0 = the processors this process may use
  int64_t compute_threads = 0;    // 0 = the processors this process may use
  int64_t intra_op_threads = 0;   // of a run; 0 = measured for each model
  size_t memory_limit_bytes = 0;  // 0 = the container's, else the machine's
  size_t run_memory_bytes = 0;    // of one run; 0 = a quarter of the memory limit
};

/// For the answers of models that ask for a response cache.
struct CacheConfig {
  size_t max_bytes = size_t{64} << 20;  // of all models together; 0 = none are kept
  std::chrono::milliseconds ttl{0};     // 0 = as long as there is room
};

struct ProbeConfig {
  bool enabled = true;
  size_t memory_limit_bytes = 0;  // 0 = the memory limit of the server
  std::chrono::milliseconds time_limit{60'000};
};

struct DialectsConfig {
  CsvHeader csv_header = CsvHeader::kAuto;  // of /invocations where the content type does not say
  ModelsDialect models = ModelsDialect::kTorchserve;  // on addresses that name no dialect
  MetricsDialect metrics = MetricsDialect::kNone;     // of /metrics
  OpenInferenceDialect open_inference = OpenInferenceDialect::kTriton;  // of /v2
};

enum class ScoringBody { kFlask, kMlflow };

/// Azure ML's routes, at paths that the deployment chooses; "" = none.
struct AzuremlConfig {
  std::string liveness_route;
  std::string readiness_route;
  std::string scoring_route;
  ScoringBody scoring_body = ScoringBody::kFlask;  // whose bodies the scoring route takes
};

/// Vertex AI's routes, at paths that the platform chooses.
struct VertexConfig {
  std::string health_route;   // "" = none
  std::string predict_route;  // "" = none
};

struct LogConfig {
  LogFormat format = LogFormat::kAuto;
  log::Level level = log::Level::kInfo;
  bool access = false;
};

struct Config {
  ModelsConfig models;
  HttpConfig http;
  SharedMemoryConfig shared_memory;
  TlsConfig tls;
  LimitsConfig limits;
  ResourcesConfig resources;
  CacheConfig cache;
  ProbeConfig probe;
  DialectsConfig dialects;
  AzuremlConfig azureml;
  VertexConfig vertex;
  LogConfig log;
  std::string data_folder;  // "" once loaded = no home folder is known: nothing is kept
};

}  // namespace slipway::server
