#include "engine/onnxruntime/onnxruntime_engine.h"

#include <stdlib.h>

#include <algorithm>
#include <chrono>

#include "base/log.h"
#include "engine/onnxruntime/api.h"
#include "engine/onnxruntime/kernel_limits.h"
#include "engine/onnxruntime/library.h"
#include "engine/onnxruntime/memory_pattern.h"
#include "engine/onnxruntime/model.h"
#include "engine/onnxruntime/prepared_form.h"
#include "engine/onnxruntime/rewrite.h"
#include "onnx/external_data.h"
#include "onnx/model_info.h"
#include "onnx/skeleton.h"

namespace slipway::onnxruntime {
namespace {

// Its errors reach us as the status of the call too, so a warning is enough for all of them.
void ORT_API_CALL WriteLog(void*, OrtLoggingLevel, const char*, const char*, const char*,
                           const char* message) {
  log::Warn("ONNX Runtime reports", {{"detail", CleanMessage(message)}});
}

// A session without weights or nodes to speak of takes 2.4 to 2.8 ms the first time, and from its
// prepared form 0.35 ms less, which reading that takes too.
constexpr auto kWorthPreparing = std::chrono::milliseconds(3);

StatusOr<Owned<OrtSessionOptions>> SessionOptions(const LoadOptions& options, bool plans) {
  OrtSessionOptions* raw = nullptr;
  RETURN_IF_ORT_ERROR(Api().CreateSessionOptions(&raw));
  Owned<OrtSessionOptions> made(raw);
  RETURN_IF_ORT_ERROR(Api().SetIntraOpNumThreads(raw, std::max(options.intra_op_threads, 1)));
  RETURN_IF_ORT_ERROR(Api().SetInterOpNumThreads(raw, 1));
  RETURN_IF_ORT_ERROR(Api().SetSessionExecutionMode(raw, ORT_SEQUENTIAL));
  if (!plans) RETURN_IF_ORT_ERROR(Api().DisableMemPattern(raw));
  static constexpr std::pair<const char*, const char*> kSettings[] = {
      {"session.intra_op.allow_spinning", "0"},
      {"session.inter_op.allow_spinning", "0"},
      {"session.use_device_allocator_for_initializers", "1"},
      {"session.use_env_allocators", "1"},  // Memory
  };
  for (const auto& [key, value] : kSettings)
    RETURN_IF_ORT_ERROR(Api().AddSessionConfigEntry(raw, key, value));
  return made;
}

Status AddExternalData(std::span<const ModelBytes::External> files, OrtSessionOptions& options) {
  if (files.empty()) return OkStatus();
  std::vector<const char*> names;
  std::vector<char*> starts;
  std::vector<size_t> lengths;
  for (const auto& file : files) {
    names.push_back(file.name.c_str());
    // Read only, and copied before the session is made.
    starts.push_back(const_cast<char*>(reinterpret_cast<const char*>(file.bytes.data())));
    lengths.push_back(file.bytes.size());
  }
  RETURN_IF_ORT_ERROR(Api().AddExternalInitializersFromFilesInMemory(
      &options, names.data(), starts.data(), lengths.data(), files.size()));
  return OkStatus();
}

class OnnxRuntimeEngine final : public Engine {
 public:
  explicit OnnxRuntimeEngine(std::shared_ptr<Runtime> runtime) : runtime_(std::move(runtime)) {}

  std::string_view name() const override { return "onnxruntime"; }
  std::string_view version() const override { return OpenLibrary()->version; }

  StatusOr<std::unique_ptr<LoadedModel>> Load(const ModelBytes& model,
                                              const LoadOptions& options) override {
    ASSIGN_OR_RETURN(const ::onnx::ModelProto skeleton, onnx::ParseSkeleton(model.model));
    ASSIGN_OR_RETURN(onnx::ModelInfo info, onnx::InspectSkeleton(skeleton));
    RETURN_IF_ERROR(onnx::CheckExternalData(skeleton.graph(), model.external_data));
    RETURN_IF_ERROR(CheckKernelLimits(skeleton.graph()));
    ASSIGN_OR_RETURN(const Owned<OrtSessionOptions> session,
                     SessionOptions(options, PlansAreBounded(skeleton, info.signature, options)));
    const bool prepares = model.external_data.empty();
    if (prepares && options.prepared.size() > 0) {
      RETURN_IF_ERROR(TakePreparedForm(*session));
      return LoadBytes(options.prepared.bytes(), *session, std::move(info.signature), options);
    }
    RETURN_IF_ERROR(TakeOnnx(*session));
    RETURN_IF_ERROR(AddExternalData(model.external_data, *session));
    PreparedFile file;
    if (prepares && options.prepare != nullptr) {
      ASSIGN_OR_RETURN(file, PreparedFile::Create(*session));
    }
    std::string rewritten;
    std::span<const std::byte> bytes = model.model;
    if (NeedsRewrite(skeleton.graph())) {
      ASSIGN_OR_RETURN(rewritten, Rewrite(model.model));
      bytes = std::as_bytes(std::span(rewritten));
    }
    const auto begin = std::chrono::steady_clock::now();
    ASSIGN_OR_RETURN(auto loaded, LoadBytes(bytes, *session, std::move(info.signature), options));
    const auto took = std::chrono::steady_clock::now() - begin;
    loaded->set_prepares(prepares && took >= kWorthPreparing);
    if (file.valid()) {
      ASSIGN_OR_RETURN(*options.prepare, file.Read());
    }
    return loaded;
  }

 private:
  StatusOr<std::unique_ptr<Model>> LoadBytes(std::span<const std::byte> bytes,
                                             const OrtSessionOptions& session_options,
                                             Signature signature, const LoadOptions& options) {
    OrtSession* session = nullptr;
    if (OrtStatus* error = Api().CreateSessionFromArray(runtime_->env.get(), bytes.data(),
                                                        bytes.size(), &session_options, &session))
      return LoadError(error);
    return Model::Create(runtime_, Owned<OrtSession>(session), std::move(signature), options);
  }

  const std::shared_ptr<Runtime> runtime_;
};

}  // namespace
}  // namespace slipway::onnxruntime

namespace slipway {

// ONNX Runtime reads these once, when its environment is made.
void SetOnnxRuntimeEnvironment() {
  // From 1.29 on the published Linux library reports models and machine to its maker, with a
  // background thread, a database under the home folder and HTTPS uploads. This is the only switch
  // that keeps all of it from starting.
  setenv("ORT_DISABLE_TELEMETRY", "1", /*overwrite=*/1);
  // Set, it would take session options out of a model's metadata.
  unsetenv("ORT_LOAD_CONFIG_FROM_MODEL");
}

Status OpenOnnxRuntimeLibrary() { return onnxruntime::OpenLibrary().status(); }

std::string OnnxRuntimeLibraryVersion() { return onnxruntime::LibraryVersion(); }

StatusOr<std::unique_ptr<Engine>> CreateOnnxRuntimeEngine() {
  using namespace onnxruntime;
  SetOnnxRuntimeEnvironment();
  RETURN_IF_ERROR(OpenLibrary().status());
  OrtEnv* env = nullptr;
  RETURN_IF_ORT_ERROR(Api().CreateEnvWithCustomLogger(WriteLog, nullptr, ORT_LOGGING_LEVEL_WARNING,
                                                      "slipway", &env));
  auto runtime = std::make_shared<Runtime>();
  runtime->env.reset(env);
  ASSIGN_OR_RETURN(runtime->memory, Memory::Create(*env));
  RETURN_IF_ORT_ERROR(Api().DisableTelemetryEvents(env));
  OrtMemoryInfo* memory = nullptr;
  RETURN_IF_ORT_ERROR(Api().CreateCpuMemoryInfo(OrtArenaAllocator, OrtMemTypeDefault, &memory));
  runtime->cpu_memory.reset(memory);
  return std::unique_ptr<Engine>(std::make_unique<OnnxRuntimeEngine>(std::move(runtime)));
}

}  // namespace slipway
