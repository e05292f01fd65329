#include "protocol/openinference/grpc_methods.h"

#include <inference/grpc_service.pb.h>

#include <functional>
#include <memory>

#include "protobuf/parse.h"
#include "protocol/openinference/grpc_metadata.h"
#include "protocol/openinference/infer_handler.h"
#include "protocol/openinference/parameters.h"
#include "protocol/openinference/repository_reader.h"
#include "transport/grpc/unary.h"

namespace slipway::openinference {
namespace {

using http::Access;
using http::Exchange;
using lifecycle::ServingTable;

constexpr std::string_view kService = "inference.GRPCInferenceService";
/// KServe's contract as TorchServe names it.
constexpr std::string_view kTorchserveService =
    "org.pytorch.serve.grpc.openinference.GRPCInferenceService";

void Reply(Exchange& exchange, const google::protobuf::MessageLite& message) {
  message.AppendToString(&exchange.response().body);
  grpc::Reply(exchange);
}

Status CheckRepository(std::string_view name) {
  if (name.empty()) return OkStatus();
  return Error(Reason::kNotOffered, "not offered: a repository by its name");
}

Status CudaNotOffered() {
  return MakeError(Reason::kNotOffered, "not offered: CUDA shared memory");
}

/// A method that can be answered at once fills its answer; one that waits for the lifecycle thread
/// takes the exchange with it. Used by every I/O thread at once.
class Methods {
 public:
  explicit Methods(const Services& services) : services_(services) {}

  Status ServerLive(int, const inference::ServerLiveRequest&,
                    inference::ServerLiveResponse& answer) const {
    answer.set_live(true);
    return OkStatus();
  }

  Status ServerReady(int loop, const inference::ServerReadyRequest&,
                     inference::ServerReadyResponse& answer) const {
    answer.set_ready(Ready(loop));
    return OkStatus();
  }

  /// A model that is not known is not ready.
  Status ModelReady(int loop, const inference::ModelReadyRequest& request,
                    inference::ModelReadyResponse& answer) const {
    answer.set_ready(ReadyVersion(Table(loop), request.name(), request.version()).ok());
    return OkStatus();
  }

  Status ServerMetadata(int, const inference::ServerMetadataRequest&,
                        inference::ServerMetadataResponse& answer) const {
    Fill(MetadataOf(services_), answer);
    return OkStatus();
  }

  Status ModelMetadata(int loop, const inference::ModelMetadataRequest& request,
                       inference::ModelMetadataResponse& answer) const {
    return Answer(MetadataOf(Table(loop), request.name(), request.version()), answer);
  }

  Status ModelConfig(int loop, const inference::ModelConfigRequest& request,
                     inference::ModelConfigResponse& answer) const {
    return Answer(ConfigOf(Table(loop), request.name(), request.version()), answer);
  }

  Status ModelStatistics(int loop, const inference::ModelStatisticsRequest& request,
                         inference::ModelStatisticsResponse& answer) const {
    return Answer(StatisticsOf(Table(loop), request.name(), request.version()), answer);
  }

  Status TraceSetting(int loop, const inference::TraceSettingRequest& request,
                      inference::TraceSettingResponse& answer) const;
  Status LogSettings(int, const inference::LogSettingsRequest& request,
                     inference::LogSettingsResponse& answer) const;

  // There are no regions: all of them can be listed and forgotten, none by its name.
  Status CudaSharedMemoryStatus(int, const inference::CudaSharedMemoryStatusRequest& request,
                                inference::CudaSharedMemoryStatusResponse&) const {
    return request.name().empty() ? OkStatus() : CudaNotOffered();
  }
  Status CudaSharedMemoryRegister(int, const inference::CudaSharedMemoryRegisterRequest&,
                                  inference::CudaSharedMemoryRegisterResponse&) const {
    return CudaNotOffered();
  }
  Status CudaSharedMemoryUnregister(int,
                                    const inference::CudaSharedMemoryUnregisterRequest& request,
                                    inference::CudaSharedMemoryUnregisterResponse&) const {
    return request.name().empty() ? OkStatus() : CudaNotOffered();
  }

  void RepositoryIndex(Exchange& exchange, const inference::RepositoryIndexRequest& request) const;
  void RepositoryModelLoad(Exchange& exchange,
                           const inference::RepositoryModelLoadRequest& request) const;
  void RepositoryModelUnload(Exchange& exchange,
                             const inference::RepositoryModelUnloadRequest& request) const;

 private:
  template <typename Facts, typename Message>
  static Status Answer(const StatusOr<Facts>& facts, Message& answer) {
    if (facts.ok()) Fill(*facts, answer);
    return facts.status();
  }

  /// What this I/O thread sees; valid until it asks again.
  const ServingTable& Table(int loop) const { return services_.infer.Table(loop); }
  bool Ready(int loop) const {
    return IsReady(Table(loop), services_.draining.load(std::memory_order_relaxed));
  }

  const Services services_;
};

Status Methods::TraceSetting(int loop, const inference::TraceSettingRequest& request,
                             inference::TraceSettingResponse& answer) const {
  if (request.settings_size() > 0) return RefuseTraceChange();
  ASSIGN_OR_RETURN(const std::string_view level, TraceLevelOf(Table(loop), request.model_name()));
  (*answer.mutable_settings())["trace_level"].add_value(std::string(level));
  return OkStatus();
}

Status Methods::LogSettings(int, const inference::LogSettingsRequest& request,
                            inference::LogSettingsResponse& answer) const {
  if (request.settings_size() > 0) return RefuseLogChange();
  const auto current = CurrentLogSettings();
  auto& settings = *answer.mutable_settings();
  settings["log_file"].set_string_param("");
  settings["log_info"].set_bool_param(current.info);
  settings["log_warning"].set_bool_param(current.warning);
  settings["log_error"].set_bool_param(true);
  settings["log_verbose_level"].set_uint32_param(current.verbose_level);
  return OkStatus();
}

void Methods::RepositoryIndex(Exchange& exchange,
                              const inference::RepositoryIndexRequest& request) const {
  if (const Status known = CheckRepository(request.repository_name()); !known.ok())
    return http::Refuse(exchange, known);
  services_.models.LookAgain(
      [held = exchange.Defer(), &models = services_.models, only_ready = request.ready()] {
        inference::RepositoryIndexResponse answer;
        Fill(IndexOf(*models.table().Get(), only_ready), answer);
        Reply(*held, answer);
      });
}

/// Replies without content when a load or unload is done, or says why it is not.
std::function<void(Status)> ReplyWhenDone(Exchange& exchange) {
  return [held = exchange.Defer()](const Status& done) {
    done.ok() ? grpc::Reply(*held) : http::Refuse(*held, done);
  };
}

void Methods::RepositoryModelLoad(Exchange& exchange,
                                  const inference::RepositoryModelLoadRequest& request) const {
  Status offered = CheckRepository(request.repository_name());
  for (const auto& [name, value] : request.parameters())
    if (offered.ok()) offered = CheckLoadParameter(name);
  if (!offered.ok()) return http::Refuse(exchange, offered);
  services_.models.Load(request.model_name(), ReplyWhenDone(exchange));
}

void Methods::RepositoryModelUnload(Exchange& exchange,
                                    const inference::RepositoryModelUnloadRequest& request) const {
  if (const Status known = CheckRepository(request.repository_name()); !known.ok())
    return http::Refuse(exchange, known);
  const auto dependents = request.parameters().find(std::string(kUnloadDependents));
  const bool with_members =
      dependents != request.parameters().end() && dependents->second.bool_param();
  const auto unload =
      with_members ? &lifecycle::Manager::UnloadWithMembers : &lifecycle::Manager::Unload;
  (services_.models.*unload)(request.model_name(), ReplyWhenDone(exchange));
}

/// Adds methods of one service.
class Adder {
 public:
  Adder(http::Router& router, std::shared_ptr<const Methods> methods, std::string_view service)
      : router_(router), methods_(std::move(methods)), service_(service) {}

  void Add(std::string_view method, Access access, http::Handler handler, std::string summary) {
    grpc::AddUnary(router_, fmt::format("/{}/{}", service_, method), access, std::move(handler),
                   std::move(summary));
  }

  template <typename Request, typename Response>
  void Add(std::string_view method, Access access,
           Status (Methods::*member)(int, const Request&, Response&) const, std::string summary) {
    Add(method, access, http::Handler([methods = methods_, member](Exchange& exchange) {
          Request request;
          Response answer;
          Status status = protobuf::Parse(exchange.request().body, request);
          if (status.ok()) status = (methods.get()->*member)(exchange.loop(), request, answer);
          status.ok() ? Reply(exchange, answer) : http::Refuse(exchange, status);
        }),
        std::move(summary));
  }

  template <typename Request>
  void Add(std::string_view method, Access access,
           void (Methods::*member)(Exchange&, const Request&) const, std::string summary) {
    Add(method, access, http::Handler([methods = methods_, member](Exchange& exchange) {
          Request request;
          if (const Status parsed = protobuf::Parse(exchange.request().body, request); !parsed.ok())
            return http::Refuse(exchange, parsed);
          (methods.get()->*member)(exchange, request);
        }),
        std::move(summary));
  }

 private:
  http::Router& router_;
  std::shared_ptr<const Methods> methods_;
  std::string_view service_;
};

/// The methods of KServe's contract.
void AddCore(Adder& service, const std::shared_ptr<InferHandler>& infer) {
  service.Add("ServerLive", Access::kHealth, &Methods::ServerLive, "The process works.");
  service.Add("ServerReady", Access::kHealth, &Methods::ServerReady,
              "Models are loaded and the server is not draining.");
  service.Add("ModelReady", Access::kHealth, &Methods::ModelReady,
              "The model, or that version of it, can answer.");
  service.Add("ServerMetadata", Access::kHealth, &Methods::ServerMetadata,
              "The server and its extensions.");
  service.Add("ModelMetadata", Access::kHealth, &Methods::ModelMetadata, "Inputs and outputs.");
  service.Add("ModelInfer", Access::kInference,
              http::Handler([infer](Exchange& exchange) { (*infer)(exchange); }),
              "Runs the model.");
}

/// What Triton's contract adds.
void AddExtensions(Adder& service) {
  service.Add("ModelConfig", Access::kHealth, &Methods::ModelConfig,
              "The configuration in effect.");
  service.Add("ModelStatistics", Access::kHealth, &Methods::ModelStatistics, "Statistics.");
  service.Add("RepositoryIndex", Access::kHealth, &Methods::RepositoryIndex,
              "Every version that is known, with its state.");
  service.Add("RepositoryModelLoad", Access::kControl, &Methods::RepositoryModelLoad,
              "Loads or reloads a model (--model-control=explicit).");
  service.Add("RepositoryModelUnload", Access::kControl, &Methods::RepositoryModelUnload,
              "Unloads a model (--model-control=explicit).");
  service.Add("TraceSetting", Access::kHealth, &Methods::TraceSetting,
              "Tracing is off; changing it is not offered.");
  service.Add("LogSettings", Access::kHealth, &Methods::LogSettings,
              "What is logged; changing it is not offered.");
  service.Add("CudaSharedMemoryStatus", Access::kHealth, &Methods::CudaSharedMemoryStatus,
              "Regions of CUDA shared memory: none.");
  service.Add("CudaSharedMemoryRegister", Access::kHealth, &Methods::CudaSharedMemoryRegister,
              "Not offered: CUDA shared memory.");
  service.Add("CudaSharedMemoryUnregister", Access::kHealth, &Methods::CudaSharedMemoryUnregister,
              "Forgets all regions of CUDA shared memory: none.");
}

}  // namespace

void AddGrpcMethods(http::Router& router, const Services& services) {
  const auto methods = std::make_shared<const Methods>(services);
  const auto infer = std::make_shared<InferHandler>(services, kGrpcInfer);
  Adder service(router, methods, kService);
  AddCore(service, infer);
  AddExtensions(service);
  Adder torchserve(router, methods, kTorchserveService);
  AddCore(torchserve, infer);
}

}  // namespace slipway::openinference
