#include "server/config_schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

#include "base/nearest_word.h"
#include "server/config_value.h"

namespace slipway::server {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr uint64_t kKiB = 1'024;
constexpr uint64_t kTiB = uint64_t{1} << 40;
constexpr int64_t kMaxThreads = 1'024;

#define AT(member) [](Config& c) -> auto& { return c.member; }

template <typename Member>
WordField Words(std::vector<std::string_view> words, Member) {
  return {std::move(words),
          [](const Config& c) { return static_cast<size_t>(Member{}(const_cast<Config&>(c))); },
          [](Config& c, size_t word) {
            auto& member = Member{}(c);
            member = static_cast<std::remove_reference_t<decltype(member)>>(word);
          }};
}

const std::vector<Field>& Table() {
  static const std::vector<Field> table = {
      {"models.paths", "MODEL", false, ListField{AT(models.paths)}, "",
       "Model files, bundles and repositories to serve; `NAME=PATH` gives one model another name."},
      {"models.roots", "--model-root", false, ListField{AT(models.allowed_roots)}, "",
       "Folders beneath which every model must lie once its links are resolved; none: each path "
       "given "
       "is its own root."},
      {"models.versions", "--versions", false, ListField{AT(models.versions)}, "",
       "Which versions of a model are served, whatever its folder says: `NAME=all`, "
       "`NAME=latest:2`, or `NAME=3`, as often as there are versions."},
      {"models.aliases", "--alias", false, ListField{AT(models.aliases)}, "",
       "Names of versions besides those of the folder's aliases.json: `NAME@stable=3`."},
      {"models.answers", "--answer", false, ListField{AT(models.answers)}, "",
       "What a model gives to who asks for no output: `NAME=predict_proba`, the first of "
       "`NAME=predict_proba,predict` that it has, or `NAME=Booster.predict`, what that function of "
       "XGBoost and LightGBM gives (probabilities, of the second of two classes alone). `*` names "
       "every other model."},
      {"models.control", "--model-control", false,
       Words({"none", "poll", "explicit"}, AT(models.control)), "",
       "Who decides what is loaded: `none` loads what is found at start, `poll` follows the "
       "repositories, `explicit` waits for load and unload requests."},
      {"models.load", "--load-model", false, ListField{AT(models.load)}, "",
       "Names of the models to load at start under `explicit`; `*`: all."},
      {"models.default_model", "--default-model", false, TextField{AT(models.default_model)}, "",
       "Model that answers requests that name none (`/predict`, `/invocations`), as `NAME` or "
       "`NAME@VERSION`, a number or an alias; by default the only one that is served."},
      {"models.poll_interval", "--poll-interval", true,
       DurationField{AT(models.poll_interval), milliseconds(100), minutes(60)}, "",
       "How often repositories are looked at under `poll`."},
      {"models.queue_size", "--queue-size", false,
       IntegerField{AT(models.queue_size), 1, 1'000'000}, "requests",
       "How many requests of one model may wait; further ones get 503."},
      {"models.queue_time", "--queue-time", false,
       DurationField{AT(models.queue_time), milliseconds(0), minutes(60)}, "",
       "How long a request may have to wait, going by what runs have taken so far; one that would "
       "wait longer gets 503 at once. 0: any time."},
      {"models.run_limit", "--run-limit", false,
       DurationField{AT(models.run_limit), milliseconds(0), minutes(24 * 60)}, "",
       "How long one run of a model may take before it is ended with 504; the server is not ready "
       "while one does not end. 0: any time."},
      {"models.max_batch", "--max-batch", false, IntegerField{AT(models.max_batch), 1, 4096},
       "rows",
       "How many rows of different requests may run together. Within that the server measures what "
       "is best for each model; 1: requests run one by one."},
      {"models.batch_delay_us", "--batch-delay-us", false,
       IntegerField{AT(models.batch_delay_us), 0, 60'000'000}, "microseconds",
       "How long a free worker waits for further requests to run with the first, up to "
       "`models.max_batch` rows. `dynamic_batching` in a model's configuration goes before it."},
      {"models.split_batches", "--split-batches", false, BoolField{AT(models.split_batches)}, "",
       "A request of more than `models.max_batch` rows runs in pieces of so many, one after the "
       "other, if the model is one whose requests may run together. Otherwise it runs whole."},
      {"models.request_timeout", "--request-timeout", true,
       DurationField{AT(models.request_timeout), milliseconds(0), minutes(60)}, "",
       "Deadline of requests that name none; 0: none."},

      {"http.listen", "--http", false, ListField{AT(http.listen)}, "",
       "Addresses to serve on: `IP:PORT`, `[IPv6]:PORT` or `unix:/path`; port 0 takes a free one. "
       "`http://IP:PORT` is plain also where `tls` is set, `https://IP:PORT` needs it. An address "
       "that ends in `=torchserve-management` or `=sagemaker` has the `/models` of that API."},
      {"http.grpc_listen", "--grpc", false, ListField{AT(http.grpc_listen)}, "",
       "Further addresses, for clients that expect gRPC on a port of its own; every address speaks "
       "HTTP and gRPC. Not given: `127.0.0.1:9000`, if it is free and `http.listen` is not given "
       "either."},
      {"http.control_listen", "--control", false, ListField{AT(http.control_listen)}, "",
       "Addresses of the control routes (model load and unload), loopback or `unix:/path`; when "
       "given "
       "they live only there."},
      {"http.public_inference", "--public-inference", false, BoolField{AT(http.public_inference)},
       "",
       "Allows addresses that other machines reach, with inference, health and metadata open to "
       "all "
       "and control closed."},
      {"http.public_models", "--public-models", false, BoolField{AT(http.public_models)}, "",
       "SageMaker's `/models` loads and unloads models wherever inference is, for all who reach "
       "it: for a container that its platform alone reaches. Needs `dialects.models: sagemaker`, "
       "or an address that ends in `=sagemaker`."},
      {"http.trusted_peers", "--trusted-peer", false, ListField{AT(http.trusted_peers)}, "",
       "Addresses or CIDR blocks of proxies whose X-Forwarded-For is believed."},
      {"http.allowed_hosts", "--allowed-host", false, ListField{AT(http.allowed_hosts)}, "",
       "Host names that requests may be addressed to besides the bound addresses and loopback; "
       "`*`: "
       "any."},
      {"http.cors_origins", "--cors-origin", false, ListField{AT(http.cors_origins)}, "",
       "Origins (`https://console.example`) whose pages may read answers."},
      {"http.grpc_compression", "--grpc-compression", false,
       Words({"none", "low", "medium", "high"}, AT(http.grpc_compression)), "",
       "How hard answers over gRPC are compressed for clients that read gzip or deflate."},

      {"shared_memory.allow", "--allow-client-shm", false, BoolField{AT(shared_memory.allow)}, "",
       "Clients may have tensors read from and written to shared memory of theirs. What the "
       "server's user may read and write in `/dev/shm` can be named."},
      {"shared_memory.prefix", "--client-shm-prefix", false, TextField{AT(shared_memory.prefix)},
       "", "What the names of such objects must begin with, after the slash; none: any name."},

      {"tls.certificate", "--tls-certificate", false, TextField{AT(tls.certificate)}, "",
       "PEM file of the server's certificate, followed by those of the authorities that issued it. "
       "When given, all TCP addresses speak TLS but those that begin with `http://`. The files of "
       "this section are read again when they change."},
      {"tls.key", "--tls-key", false, TextField{AT(tls.key)}, "",
       "PEM file of the certificate's private key, not encrypted."},
      {"tls.client_ca", "--tls-client-ca", false, TextField{AT(tls.client_ca)}, "",
       "PEM file of the authorities whose certificates clients show; none: clients are asked for "
       "none."},
      {"tls.client_certificate", "--tls-client-certificate", false,
       Words({"required", "optional"}, AT(tls.client_certificate)), "",
       "With a client_ca: whether a client that shows no certificate is refused or served."},
      {"tls.min_version", "--tls-min-version", false, Words({"1.2", "1.3"}, AT(tls.min_version)),
       "", "Oldest version of TLS that is spoken."},

      {"limits.max_body", "--max-body", true, BytesField{AT(limits.max_body_bytes), kKiB, kTiB}, "",
       "Largest request body, before and after decompression; larger ones get 413."},
      {"limits.max_header_bytes", "--max-header-bytes", true,
       BytesField{AT(limits.max_header_bytes), kKiB, 1'024 * kKiB}, "",
       "Largest head of a request, all fields together; larger ones get 431."},
      {"limits.max_headers", "--max-headers", true, IntegerField{AT(limits.max_headers), 8, 10'000},
       "fields", "Most header fields of a request; more get 431."},
      {"limits.max_url", "--max-url", true, BytesField{AT(limits.max_url_bytes), 256, 1'024 * kKiB},
       "", "Longest request target; longer ones get 414."},
      {"limits.max_connections", "--max-connections", true,
       IntegerField{AT(limits.max_connections), 1, 1'000'000}, "connections",
       "Open connections; further ones wait to be accepted."},
      {"limits.max_handshakes", "--max-handshakes", true,
       IntegerField{AT(limits.max_handshakes), 1, 1'000'000}, "connections",
       "TLS handshakes in progress; further connections wait to be accepted."},
      {"limits.max_buffered", "--max-buffered", true,
       BytesField{AT(limits.max_buffered_bytes), 0, kTiB}, "",
       "Bodies of all requests together; more get 503. 0: a quarter of the memory limit."},
      {"limits.header_timeout", "--header-timeout", true,
       DurationField{AT(limits.header_timeout), milliseconds(10), minutes(60)}, "",
       "Time a client has to send the head of a request, and for the TLS handshake before it."},
      {"limits.idle_timeout", "--idle-timeout", true,
       DurationField{AT(limits.idle_timeout), milliseconds(10), minutes(24 * 60)}, "",
       "How long an idle connection stays open (load balancers commonly use 60 s)."},
      {"limits.write_timeout", "--write-timeout", true,
       DurationField{AT(limits.write_timeout), milliseconds(10), minutes(60)}, "",
       "A client that takes its answer slower than min_body_rate over this time is cut off."},
      {"limits.min_body_rate", "--min-body-rate", true,
       BytesField{AT(limits.min_body_bytes_per_s), 0, 1'024 * 1'024 * kKiB}, "per second",
       "Slower uploads get 408, slower readers are cut off; 0: any rate."},
      {"limits.drain", "--drain-limit", true,
       DurationField{AT(limits.drain_limit), milliseconds(0), minutes(60)}, "",
       "After SIGTERM, time for the requests in flight before they are cut."},

      {"resources.io_threads", "--io-threads", false,
       IntegerField{AT(resources.io_threads), 0, kMaxThreads}, "threads",
       "Threads that own connections and run short models; 0: one a processor that this process "
       "may "
       "use (cgroup and affinity)."},
      {"resources.compute_threads", "--compute-threads", false,
       IntegerField{AT(resources.compute_threads), 0, kMaxThreads}, "threads",
       "Threads that run long models; 0: one a processor that this process may use."},
      {"resources.intra_op_threads", "--intra-op-threads", false,
       IntegerField{AT(resources.intra_op_threads), 0, kMaxThreads}, "threads",
       "Threads inside one run of one model; 0: one, or for runs of 2 ms and longer as many as are "
       "used to 95 %, which the probe of a new model measures (without a probe: one)."},
      {"resources.memory_limit", "--memory-limit", false,
       BytesField{AT(resources.memory_limit_bytes), 0, 1'024 * kTiB}, "",
       "Memory that budgets are sized from; 0: the container's limit, else the machine's memory."},
      {"resources.run_memory", "--run-memory", false,
       BytesField{AT(resources.run_memory_bytes), 0, 1'024 * kTiB}, "",
       "Memory for what one run of a model computes; a request that needs more gets 413. All runs "
       "together, answers still to be sent included, may take twice as much; beyond it 503. 0: a "
       "quarter of the memory limit."},

      {"cache.size", "--cache-size", false, BytesField{AT(cache.max_bytes), 0, 1'024 * kTiB}, "",
       "Memory for the answers of all models that ask for a response cache (`response_cache` in "
       "their configuration), the requests they belong to included; 0: none are kept."},
      {"cache.ttl", "--cache-ttl", false,
       DurationField{AT(cache.ttl), milliseconds(0), minutes(24 * 60)}, "",
       "How long an answer is given again after it was computed; 0: for as long as there is room "
       "for it."},

      {"probe.enabled", "--probe", false, BoolField{AT(probe.enabled)}, "",
       "Loads and replays every new model in a child process before the server takes it."},
      {"probe.memory_limit", "--probe-memory-limit", false,
       BytesField{AT(probe.memory_limit_bytes), 0, 1'024 * kTiB}, "",
       "Memory of that child; 0: the memory limit of the server."},
      {"probe.time_limit", "--probe-time-limit", false,
       DurationField{AT(probe.time_limit), seconds(1), minutes(60)}, "",
       "Time of that child; a model that needs longer is refused."},

      {"dialects.csv_header", "--csv-header", false,
       Words({"auto", "present", "absent"}, AT(dialects.csv_header)), "",
       "Whether the first line of CSV sent to `/invocations` names the columns: `present` as "
       "MLflow "
       "has it, `absent` as SageMaker has it, `auto` when its cells are names of columns, or no "
       "numbers where the model takes numbers. A content type `text/csv; header=…` overrides it."},

      {"dialects.models", "--models-dialect", false,
       Words({"torchserve", "sagemaker"}, AT(dialects.models)), "",
       "Whose `/models` is on addresses that name no dialect: TorchServe's descriptions, or "
       "SageMaker's multi-model container, as `SAGEMAKER_MULTI_MODEL=true` says too."},

      {"dialects.metrics", "--metrics-names", false,
       Words({"none", "triton", "tfserving", "torchserve", "mlserver"}, AT(dialects.metrics)), "",
       "Which other server's names `/metrics` has besides Slipway's own."},

      {"dialects.open_inference", "--open-inference", false,
       Words({"triton", "mlserver", "kserve"}, AT(dialects.open_inference)), "",
       "Whose habits answers of `/v2` have: Triton's, which are the protocol's; MLServer's: "
       "outputs `[n]` as `[n,1]`, each with the parameter `content_type`; or those of KServe's "
       "own servers: outputs are called `output-0`, and `/v1/models` is KServe's too."},

      {"azureml.liveness_route", "--azureml-liveness-route", false,
       TextField{AT(azureml.liveness_route)}, "", "Path of Azure ML's liveness checks."},
      {"azureml.readiness_route", "--azureml-readiness-route", false,
       TextField{AT(azureml.readiness_route)}, "", "Path of Azure ML's readiness checks."},
      {"azureml.scoring_route", "--azureml-scoring-route", false,
       TextField{AT(azureml.scoring_route)}, "", "Path of Azure ML's scoring requests."},
      {"azureml.scoring_body", "--azureml-scoring-body", false,
       Words({"flask", "mlflow"}, AT(azureml.scoring_body)), "",
       "Whose bodies the scoring route takes."},

      {"vertex.health_route", "--vertex-health-route", false, TextField{AT(vertex.health_route)},
       "",
       "Path of Vertex AI's health checks; `AIP_HEALTH_ROUTE` where `AIP_MODE` is `PREDICTION`."},
      {"vertex.predict_route", "--vertex-predict-route", false, TextField{AT(vertex.predict_route)},
       "",
       "Path of Vertex AI's predictions; `AIP_PREDICT_ROUTE` where `AIP_MODE` is `PREDICTION`."},

      {"log.format", "--log-format", false, Words({"auto", "human", "json"}, AT(log.format)), "",
       "Form of a log line; `auto`: human on a terminal, one JSON object a line elsewhere."},
      {"log.level", "--log-level", true, Words({"debug", "info", "warn", "error"}, AT(log.level)),
       "", "The least serious level that is logged."},
      {"log.access", "--access-log", true, BoolField{AT(log.access)}, "",
       "Logs a line for every request."},

      {"data_folder", "--data", false, TextField{AT(data_folder)}, "",
       "The only folder that the server writes to; by default `/var/lib/slipway` for root, else "
       "`$XDG_STATE_HOME/slipway` or `~/.local/state/slipway`."},
  };
  return table;
}
#undef AT

template <typename T, typename Format>
Status CheckRange(T value, T min, T max, Format format) {
  if (value >= min && value <= max) return OkStatus();
  return Error(Reason::kBadRequest, "expected between {} and {}, got {}", format(min), format(max),
               format(value));
}

Status SetOne(const TextField& type, const std::string& text, Config& config) {
  if (text.find('\0') != std::string::npos)
    return Error(Reason::kBadRequest, "expected text without NUL bytes");
  type.member(config) = text;
  return OkStatus();
}
Status SetOne(const BoolField& type, const std::string& text, Config& config) {
  ASSIGN_OR_RETURN(type.member(config), ParseBool(text));
  return OkStatus();
}
Status SetOne(const IntegerField& type, const std::string& text, Config& config) {
  ASSIGN_OR_RETURN(const int64_t value, ParseInteger(text));
  RETURN_IF_ERROR(
      CheckRange(value, type.min, type.max, [](int64_t v) { return std::to_string(v); }));
  type.member(config) = value;
  return OkStatus();
}
Status SetOne(const BytesField& type, const std::string& text, Config& config) {
  ASSIGN_OR_RETURN(const uint64_t value, ParseByteSize(text));
  RETURN_IF_ERROR(CheckRange(value, type.min, type.max, FormatByteSize));
  type.member(config) = value;
  return OkStatus();
}
Status SetOne(const DurationField& type, const std::string& text, Config& config) {
  ASSIGN_OR_RETURN(const milliseconds value, ParseDuration(text));
  RETURN_IF_ERROR(CheckRange(value, type.min, type.max, FormatDuration));
  type.member(config) = value;
  return OkStatus();
}
Status SetOne(const WordField& type, const std::string& text, Config& config) {
  const auto word = std::find(type.words.begin(), type.words.end(), text);
  if (word == type.words.end())
    return Error(Reason::kBadRequest, "expected one of {}, got \"{}\"{}",
                 fmt::join(type.words, ", "), text, DidYouMean(text, type.words));
  type.set(config, static_cast<size_t>(word - type.words.begin()));
  return OkStatus();
}

bool IsPlainYaml(std::string_view text) {
  const auto safe = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_./:-").find(c) != std::string_view::npos;
  };
  return !text.empty() && text.front() != '-' && text.front() != ':' && text.back() != ':' &&
         std::all_of(text.begin(), text.end(), safe) && text != "null";
}

std::string YamlScalar(std::string_view text) {
  if (IsPlainYaml(text)) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') quoted += '\\';
    if (byte < 0x20 || byte == 0x7f)
      quoted += fmt::format("\\x{:02x}", byte);
    else
      quoted += c;
  }
  return quoted + '"';
}

template <class... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};

}  // namespace

std::string Field::variable() const {
  if (flag == "MODEL") return "SLIPWAY_MODELS";
  std::string name = "SLIPWAY_";
  for (const char c : flag.substr(2)) name += c == '-' ? '_' : static_cast<char>(c - 'a' + 'A');
  return name;
}

std::string Field::type_name() const {
  return std::visit(Overloaded{[](const TextField&) { return std::string("text"); },
                               [](const ListField&) { return std::string("list of texts"); },
                               [](const BoolField&) { return std::string("true or false"); },
                               [](const IntegerField&) { return std::string("whole number"); },
                               [](const BytesField&) { return std::string("bytes"); },
                               [](const DurationField&) { return std::string("duration"); },
                               [](const WordField& word) {
                                 return fmt::format("{}", fmt::join(word.words, ", "));
                               }},
                    type);
}

std::string Field::range() const {
  const auto between = [](const auto& t, auto format) {
    return fmt::format("{} to {}", format(t.min), format(t.max));
  };
  return std::visit(
      Overloaded{[&](const IntegerField& t) { return between(t, [](int64_t v) { return v; }); },
                 [&](const BytesField& t) { return between(t, FormatByteSize); },
                 [&](const DurationField& t) { return between(t, FormatDuration); },
                 [](const auto&) { return std::string(); }},
      type);
}

std::span<const Field> Schema() { return Table(); }

std::span<const std::string_view> Sections() {
  static const std::vector<std::string_view> sections = [] {
    std::vector<std::string_view> names;
    for (const Field& field : Table()) {
      const size_t dot = field.path.find('.');
      if (dot == std::string_view::npos) continue;
      const auto section = field.path.substr(0, dot);
      if (names.empty() || names.back() != section) names.push_back(section);
    }
    return names;
  }();
  return sections;
}

const Field* FindField(std::string_view path) {
  for (const Field& field : Table())
    if (field.path == path) return &field;
  return nullptr;
}

Status Set(const Field& field, const WrittenValue& value, Config& config) {
  if (const auto* list = std::get_if<ListField>(&field.type)) {
    list->member(config) = value.texts;
    return OkStatus();
  }
  if (value.is_list)
    return Error(Reason::kBadRequest, "expected {}, got a list", field.type_name());
  if (value.texts.size() != 1)
    return Error(Reason::kBadRequest, "expected {} once, got {} values", field.type_name(),
                 value.texts.size());
  return std::visit(
      [&](const auto& type) -> Status {
        if constexpr (std::is_same_v<std::decay_t<decltype(type)>, ListField>)
          return OkStatus();
        else
          return SetOne(type, value.texts.front(), config);
      },
      field.type);
}

WrittenValue Get(const Field& field, const Config& config) {
  // Members are reached through one non-const accessor; nothing is written here.
  Config& c = const_cast<Config&>(config);
  const auto one = [](std::string text) { return WrittenValue{{std::move(text)}, false}; };
  return std::visit(
      Overloaded{[&](const TextField& t) { return one(t.member(c)); },
                 [&](const ListField& t) { return WrittenValue{t.member(c), true}; },
                 [&](const BoolField& t) { return one(t.member(c) ? "true" : "false"); },
                 [&](const IntegerField& t) { return one(std::to_string(t.member(c))); },
                 [&](const BytesField& t) { return one(FormatByteSize(t.member(c))); },
                 [&](const DurationField& t) { return one(FormatDuration(t.member(c))); },
                 [&](const WordField& t) { return one(std::string(t.words[t.get(c)])); }},
      field.type);
}

std::string ToYaml(const Field& field, const Config& config) {
  const WrittenValue value = Get(field, config);
  if (!value.is_list) return YamlScalar(value.texts.front());
  std::string list = "[";
  for (const std::string& text : value.texts) {
    if (list.size() > 1) list += ", ";
    list += YamlScalar(text);
  }
  return list + "]";
}

}  // namespace slipway::server
