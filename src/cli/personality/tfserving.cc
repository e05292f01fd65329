// Source: tensorflow/serving, model_servers/main.cc and server.h: options and defaults;
// tools/docker/Dockerfile: the image's variables.
#include <fmt/format.h>

#include <algorithm>
#include <type_traits>

#include "cli/personality/models.h"
#include "cli/personality/personality.h"
#include "repository/config_reader.h"

namespace slipway::cli {
namespace {

constexpr std::string_view kOneByOne = "models are loaded one by one";
constexpr std::string_view kRuntime = "models run on ONNX Runtime";
constexpr std::string_view kMetricsPath = "/monitoring/prometheus/metrics";

const OptionRule kTfservingOptions[] = {
    {"--port", Takes::kNumber, Kept{}},
    {"--grpc_socket_path", Takes::kText, Kept{}},
    {"--rest_api_port", Takes::kNumber, Kept{}},
    {"--rest_api_num_threads", Takes::kNumber, Sets{"resources.io_threads"}},
    {"--rest_api_timeout_in_ms", Takes::kNumber, Sets{"models.request_timeout", "ms"}},
    {"--rest_api_enable_cors_support", Takes::kBool,
     Refused{"name the origins that may read answers: --cors-origin https://console.example",
             "false"}},
    {"--enable_batching", Takes::kBool, Kept{}},
    {"--batching_parameters_file", Takes::kText, Kept{}},
    {"--enable_per_model_batching_parameters", Takes::kBool,
     Refused{"--batching_parameters_file is for all models", "false"}},
    {"--allow_version_labels_for_unavailable_models", Takes::kBool,
     NoEffect{"a label of a version that is not there waits for it", "true"}},
    {"--model_config_file", Takes::kText, Kept{}},
    {"--model_config_file_poll_wait_seconds", Takes::kNumber,
     NoEffect{"the file is read at start; versions are still looked for", "0"}},
    {"--model_name", Takes::kText, Kept{}},
    {"--model_base_path", Takes::kText, Kept{}},
    {"--num_load_threads", Takes::kNumber, NoEffect{kOneByOne}},
    {"--num_unload_threads", Takes::kNumber, NoEffect{kOneByOne}},
    {"--max_num_load_retries", Takes::kNumber,
     NoEffect{"a version that fails is loaded again when its files change"}},
    {"--load_retry_interval_micros", Takes::kNumber,
     NoEffect{"a version that fails is loaded again when its files change"}},
    {"--file_system_poll_wait_seconds", Takes::kText, Kept{}},
    {"--flush_filesystem_caches", Takes::kBool, NoEffect{"files are left to the system's cache"}},
    {"--tensorflow_session_parallelism", Takes::kNumber, NoEffect{kRuntime}},
    {"--tensorflow_session_config_file", Takes::kText, NoEffect{kRuntime}},
    {"--tensorflow_intra_op_parallelism", Takes::kNumber, Sets{"resources.intra_op_threads"}},
    {"--tensorflow_inter_op_parallelism", Takes::kNumber, NoEffect{kRuntime}},
    {"--use_alts_credentials", Takes::kBool, Refused{"ALTS is not offered", "false"}},
    {"--ssl_config_file", Takes::kText,
     Refused{"it holds the key itself; put certificate and key into files of their own: "
             "--tls-certificate FILE --tls-key FILE"}},
    {"--platform_config_file", Takes::kText, Refused{"there is one platform, ONNX Runtime"}},
    {"--per_process_gpu_memory_fraction", Takes::kText, NoEffect{"models run on processors only"}},
    {"--saved_model_tags", Takes::kText, NoEffect{"an ONNX model has no tags"}},
    {"--grpc_channel_arguments", Takes::kText, NoEffect{"--max-body bounds messages"}},
    {"--grpc_max_threads", Takes::kNumber, NoEffect{"gRPC runs on the threads of --io-threads"}},
    {"--enable_model_warmup", Takes::kBool,
     NoEffect{"a version is always warmed up, with its golden examples", "true"}},
    {"--num_request_iterations_for_warmup", Takes::kNumber,
     NoEffect{"a version is always warmed up, with its golden examples"}},
    {"--monitoring_config_file", Takes::kText, Kept{}},
    {"--remove_unused_fields_from_bundle_metagraph", Takes::kBool, NoEffect{kRuntime}},
    {"--prefer_tflite_model", Takes::kBool, Refused{"only ONNX can be served yet", "false"}},
    {"--num_tflite_pools", Takes::kNumber, NoEffect{kRuntime}},
    {"--num_tflite_interpreters_per_pool", Takes::kNumber, NoEffect{kRuntime}},
    {"--enable_signature_method_name_check", Takes::kBool, NoEffect{kRuntime}},
    {"--xla_cpu_compilation_enabled", Takes::kBool, NoEffect{kRuntime}},
    {"--xla_gpu_compilation_enabled", Takes::kBool, NoEffect{kRuntime}},
    {"--enable_profiler", Takes::kBool, NoEffect{"there is no profiler", "false"}},
    {"--thread_pool_factory_config_file", Takes::kText, NoEffect{kRuntime}},
    {"--mixed_precision", Takes::kText, NoEffect{"a model runs in its own precision"}},
    {"--skip_initialize_tpu", Takes::kBool, NoEffect{"models run on processors only"}},
    {"--enable_grpc_healthcheck_service", Takes::kBool,
     NoEffect{"grpc.health.v1.Health is always there", "true"}},
    {"--enable_serialization_as_tensor_content", Takes::kBool,
     NoEffect{"answers are written as they always are", "false"}},
};

class Tfserving {
 public:
  Tfserving(const Invocation& invocation, Translation& out)
      : invocation_(invocation),
        out_(out),
        given_(ReadOptions(kTfservingOptions, invocation.words, out)) {}

  void Run() {
    TakeServed();
    TakeAddresses();
    TakePolling();
    TakeBatching();
    TakeMonitoring();
  }

 private:
  void TakeServed() {
    constexpr std::string_view kFile = "--model_config_file";
    if (!given_.Has(kFile)) return TakeOne();
    const std::string path = given_.Text(kFile);
    const auto text = ReadTextFile(path);
    if (!text.ok()) return out_.Refuse(kFile, MessageOf(text.status()));
    TakeModels(repository::ReadTfservingModels(*text, path), kFile, out_);
  }

  /// The image's own variables name a model where no option does.
  void TakeOne() {
    const std::string variable = invocation_.Variable("MODEL_NAME");
    const bool placed = given_.Has("--model_base_path");
    const std::string image = variable.empty() ? (placed ? "default" : "model") : variable;
    const std::string name = given_.Text("--model_name", image);
    const std::string root = invocation_.Variable("MODEL_BASE_PATH");
    const std::string path = given_.Text(
        "--model_base_path", fmt::format("{}/{}", root.empty() ? "/models" : root, name));
    if (out_.RefusesUri(path, "--model_base_path",
                        "models elsewhere are not read yet, copy or mount them"))
      return;
    out_.Add("models.paths", fmt::format("{}={}", name, path),
             given_.Where("--model_base_path", "--as tfserving"));
  }

  void TakeAddresses() {
    const std::string grpc = given_.Text("--port", "8500");
    const std::string rest = given_.Text("--rest_api_port", "8501");
    if (grpc != "0") Listen("--port", grpc);
    if (rest != "0") Listen("--rest_api_port", rest);
    if (given_.Has("--grpc_socket_path"))
      out_.Listen("unix:" + given_.Text("--grpc_socket_path"), "--grpc_socket_path");
  }
  void Listen(std::string_view option, std::string_view port) {
    out_.ListenAt("0.0.0.0", port, given_.Where(option, "--as tfserving"));
  }

  void TakePolling() {
    constexpr std::string_view kOption = "--file_system_poll_wait_seconds";
    const std::string seconds = given_.Text(kOption, "1");
    const auto where = given_.Where(kOption, "--as tfserving");
    if (seconds == "0" || seconds.starts_with('-'))
      return out_.Set("models.control", "none", where);
    out_.Set("models.control", "poll", where);
    out_.Set("models.poll_interval", seconds + "s", where);
  }

  /// Without the file Slipway's own measurements say what runs together.
  void TakeBatching() {
    constexpr std::string_view kOption = "--batching_parameters_file";
    if (!given_.Has(kOption)) return;
    if (!given_.Bool("--enable_batching"))
      return out_.Note(kOption, "has no effect without --enable_batching");
    if (const Status read = ReadBatching(given_.Text(kOption)); !read.ok())
      out_.Refuse(kOption, MessageOf(read));
  }

  Status ReadBatching(const std::string& file) {
    using repository::FieldRule;
    using repository::TextField;
    ASSIGN_OR_RETURN(const std::string text, ReadTextFile(file));
    ASSIGN_OR_RETURN(const auto fields, repository::ParseTextFormat(text, file));
    const repository::ConfigReader reader(file);
    const auto reads = [&](auto* value) {
      return [&, value](const TextField& field) -> Status {
        ASSIGN_OR_RETURN(const auto* message, reader.Message(field));
        const FieldRule rules[] = {{"value", false, [&](const TextField& f) {
                                      if constexpr (std::is_same_v<decltype(value), bool*>)
                                        return reader.ReadBool(f, value);
                                      else
                                        return reader.ReadInt(f, 0, 1'000'000'000, value);
                                    }}};
        return reader.ReadMessage(*message, fmt::format(" in \"{}\"", field.name), rules);
      };
    };
    const auto sets = [&](std::string_view path, int64_t* value) {
      return [&, path, value](const TextField& field) -> Status {
        RETURN_IF_ERROR(reads(value)(field));
        out_.Set(path, std::to_string(*value), fmt::format("{}: {}", file, field.name));
        return OkStatus();
      };
    };
    const auto no_effect = [&](std::string_view why) {
      return [&, why](const TextField& field) -> Status {
        out_.Note(fmt::format("{}: {}", file, field.name), fmt::format("has no effect: {}", why));
        return OkStatus();
      };
    };
    int64_t max_batch = 1'000, executed = 0, delay = 0, enqueued = -1, threads = 0;
    bool splits = false;
    const FieldRule rules[] = {
        {"max_batch_size", false, sets("models.max_batch", &max_batch)},
        {"batch_timeout_micros", false, sets("models.batch_delay_us", &delay)},
        {"max_enqueued_batches", false, reads(&enqueued)},
        {"num_batch_threads", false, sets("resources.compute_threads", &threads)},
        {"thread_pool_name", false, no_effect("threads have Slipway's own names")},
        {"enable_large_batch_splitting", false, reads(&splits)},
        {"max_execution_batch_size", false, reads(&executed)},
        {"allowed_batch_sizes", true,
         no_effect("batches are not padded, they run with the rows that they have")},
        {"pad_variable_length_inputs", false, reader.Only(false)},
    };
    RETURN_IF_ERROR(reader.ReadMessage(fields, "", rules));
    TakeSplitting(splits, executed, max_batch, file);
    if (enqueued >= 0) SetQueueSize(enqueued, max_batch, file);
    return OkStatus();
  }

  /// There max_batch_size bounds requests then, and max_execution_batch_size what runs together.
  void TakeSplitting(bool splits, int64_t executed, int64_t max_batch, const std::string& file) {
    const std::string at = fmt::format("{}: max_execution_batch_size", file);
    if (splits)
      out_.Set("models.split_batches", "true",
               fmt::format("{}: enable_large_batch_splitting", file));
    if (executed == 0) return;
    if (!splits)
      out_.Note(at, "has no effect without enable_large_batch_splitting");
    else if (executed > max_batch)
      out_.Refuse(
          at, fmt::format("expected at most {}, the max_batch_size, got {}", max_batch, executed));
    else
      out_.Set("models.max_batch", std::to_string(executed), at);
  }

  /// So many full batches of requests with one row each.
  void SetQueueSize(int64_t batches, int64_t max_batch, std::string_view file) {
    constexpr std::string_view kField = "models.queue_size";
    const auto& limits = std::get<server::IntegerField>(server::FindField(kField)->type);
    out_.Set(kField, std::to_string(std::min(batches * max_batch, limits.max)),
             fmt::format("{}: max_enqueued_batches", file));
  }

  void TakeMonitoring() {
    constexpr std::string_view kOption = "--monitoring_config_file";
    Prometheus asked;
    if (given_.Has(kOption))
      if (const Status read = ReadMonitoring(given_.Text(kOption), asked); !read.ok())
        return out_.Refuse(kOption, MessageOf(read));
    out_.Set("dialects.metrics", "tfserving", given_.Where(kOption, "--as tfserving"));
    if (!asked.enable)
      out_.Note(kOption,
                fmt::format("turns no metrics off: they are at /metrics and {}", kMetricsPath));
    else if (!asked.path.empty() && asked.path != kMetricsPath && asked.path != "/metrics")
      out_.Refuse(kOption,
                  fmt::format("path: expected {} or /metrics, got {}", kMetricsPath, asked.path));
  }

  struct Prometheus {
    bool enable = true;  // where no file says
    std::string path;
  };

  /// "prometheus_config { enable: true, path: … }".
  static Status ReadMonitoring(const std::string& file, Prometheus& out) {
    using repository::FieldRule;
    using repository::TextField;
    ASSIGN_OR_RETURN(const std::string text, ReadTextFile(file));
    ASSIGN_OR_RETURN(const auto fields, repository::ParseTextFormat(text, file));
    const repository::ConfigReader reader(file);
    out.enable = false;
    const FieldRule inner[] = {
        {"enable", false, [&](const TextField& f) { return reader.ReadBool(f, &out.enable); }},
        {"path", false, [&](const TextField& f) { return reader.ReadString(f, &out.path); }},
    };
    const FieldRule rules[] = {{"prometheus_config", false, [&](const TextField& f) -> Status {
                                  ASSIGN_OR_RETURN(const auto* message, reader.Message(f));
                                  return reader.ReadMessage(*message, " in \"prometheus_config\"",
                                                            inner);
                                }}};
    return reader.ReadMessage(fields, "", rules);
  }

  const Invocation& invocation_;
  Translation& out_;
  GivenOptions given_;
};

}  // namespace

Personality TfservingPersonality() {
  return {"tfserving",
          {"tensorflow_model_server", "tf_serving_entrypoint.sh"},
          kTfservingOptions,
          [](const Invocation& invocation, Translation& out) { Tfserving(invocation, out).Run(); }};
}

}  // namespace slipway::cli
