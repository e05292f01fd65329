#include "protocol/openinference/routes.h"

#include <memory>

#include "protocol/openinference/grpc_methods.h"
#include "protocol/openinference/health.h"
#include "protocol/openinference/infer_handler.h"
#include "protocol/openinference/model_handlers.h"
#include "protocol/openinference/shared_memory_routes.h"
#include "protocol/openinference/stream_infer.h"

namespace slipway::openinference {
namespace {

using http::Access;
using http::Exchange;
using http::Method;

/// What Triton's clients may ask for and Slipway knows but does not do.
struct NotOffered {
  Method method;
  std::string_view pattern;
  Access access;
  std::string_view what;
};
constexpr std::string_view kCuda = "CUDA shared memory";
constexpr std::string_view kGenerate = "generation of text";
constexpr std::string_view kRepositories = "repositories by name";
constexpr NotOffered kNotOffered[] = {
    {Method::kGet, "/v2/cudasharedmemory/region/{region}/status", Access::kHealth, kCuda},
    {Method::kPost, "/v2/cudasharedmemory/region/{region}/register", Access::kHealth, kCuda},
    {Method::kPost, "/v2/cudasharedmemory/region/{region}/unregister", Access::kHealth, kCuda},
    {Method::kPost, "/v2/models/{model}/generate", Access::kInference, kGenerate},
    {Method::kPost, "/v2/models/{model}/generate_stream", Access::kInference, kGenerate},
    {Method::kPost, "/v2/models/{model}/versions/{version}/generate", Access::kInference,
     kGenerate},
    {Method::kPost, "/v2/models/{model}/versions/{version}/generate_stream", Access::kInference,
     kGenerate},
    {Method::kPost, "/v2/repository/{repository}/index", Access::kHealth, kRepositories},
    {Method::kPost, "/v2/repository/{repository}/models/{model}/load", Access::kControl,
     kRepositories},
    {Method::kPost, "/v2/repository/{repository}/models/{model}/unload", Access::kControl,
     kRepositories},
};

constexpr std::string_view kDialect = "Open Inference v2";

http::Contract Gives(std::string_view schema, std::vector<int> refuses = {}) {
  return {.dialects = {kDialect},
          .gives = {{200, {{http::kJsonType, schema}}}},
          .refuses = std::move(refuses)};
}

/// A yes or no: 200 or 503.
http::Contract Tells(std::string_view schema) {
  const std::vector<http::BodyForm> forms = {{http::kJsonType, schema}};
  return {.dialects = {kDialect}, .gives = {{200, forms}, {503, forms}}};
}

/// A change to what is served: an empty 200, or why not.
http::Contract Changes(std::string_view schema) {
  return {.dialects = {kDialect},
          .takes = {{http::kJsonType, schema}},
          .body_is_optional = true,
          .gives = {{200}},
          .refuses = {404, 422, 501}};
}

http::Contract Infers() {
  constexpr std::string_view kBinary = "application/octet-stream";
  constexpr std::string_view kJsonSize = "Inference-Header-Content-Length";
  return {.dialects = {kDialect},
          .parameters = {kJsonSize, "traceparent"},
          .takes = {{http::kJsonType, "InferRequest"}, {kBinary}},
          .gives = {{200, {{http::kJsonType, "InferResponse"}, {kBinary}}, {kJsonSize}}},
          .refuses = {404, 501, 504}};
}

/// Settings are told; what would change one is refused.
http::Contract Settings(std::string_view schema, std::vector<int> refuses) {
  http::Contract contract = Gives(schema, std::move(refuses));
  contract.takes = {{http::kJsonType, "Settings"}};
  contract.body_is_optional = true;
  return contract;
}

http::Contract Index() {
  http::Contract contract = Gives("Index");
  contract.takes = {{http::kJsonType, "IndexRequest"}};
  contract.body_is_optional = true;
  return contract;
}

}  // namespace

void AddRoutes(http::Router& router, const Services& services) {
  const auto handlers = std::make_shared<const ModelHandlers>(services);
  const auto infer = std::make_shared<InferHandler>(services, kHttpInfer);
  using Member = void (ModelHandlers::*)(Exchange&) const;
  const auto add = [&](Method method, std::string pattern, Access access, Member member,
                       std::string summary, http::Contract contract) {
    router.Add({method, std::move(pattern), access,
                [handlers, member](Exchange& exchange) { (handlers.get()->*member)(exchange); },
                std::move(summary), std::move(contract)});
  };
  add(Method::kGet, "/v2", Access::kHealth, &ModelHandlers::Server,
      "The server and its extensions.", Gives("ServerMetadata"));
  add(Method::kGet, "/v2/health/live", Access::kHealth, &ModelHandlers::Live, "The process works.",
      Gives("Live"));
  add(Method::kGet, "/v2/health/ready", Access::kHealth, &ModelHandlers::Ready,
      "Models are loaded and the server is not draining.", Tells("Ready"));
  add(Method::kGet, "/v2/models", Access::kHealth, &ModelHandlers::List,
      "Names of the ready models.", Gives("ModelNames"));
  add(Method::kGet, "/v2/models/stats", Access::kHealth, &ModelHandlers::Statistics,
      "Statistics of all models.", Gives("Statistics"));
  for (const std::string model : {"/v2/models/{model}", "/v2/models/{model}/versions/{version}"}) {
    add(Method::kGet, model, Access::kHealth, &ModelHandlers::Metadata, "Inputs and outputs.",
        Gives("ModelMetadata", {404}));
    add(Method::kGet, model + "/ready", Access::kHealth, &ModelHandlers::ModelReady,
        "The model, or that version of it, can answer.", Gives("ModelReady", {404}));
    add(Method::kGet, model + "/config", Access::kHealth, &ModelHandlers::Config,
        "The configuration in effect.", Gives("ModelConfig", {404}));
    add(Method::kGet, model + "/stats", Access::kHealth, &ModelHandlers::Statistics, "Statistics.",
        Gives("Statistics", {404}));
    router.Add({Method::kPost, model + "/infer", Access::kInference,
                [infer](Exchange& exchange) { (*infer)(exchange); }, "Runs the model.", Infers()});
  }
  add(Method::kGet, "/v2/logging", Access::kHealth, &ModelHandlers::LogSettings, "What is logged.",
      Gives("LogSettings"));
  add(Method::kPost, "/v2/logging", Access::kHealth, &ModelHandlers::ChangeLogSettings,
      "The same; changes are not offered.", Settings("LogSettings", {501}));
  for (const std::string path : {"/v2/trace/setting", "/v2/models/{model}/trace/setting"}) {
    add(Method::kGet, path, Access::kHealth, &ModelHandlers::TraceSettings, "What is traced.",
        Gives("TraceSettings", {404}));
    add(Method::kPost, path, Access::kHealth, &ModelHandlers::ChangeTraceSettings,
        "The same; changes are not offered.", Settings("TraceSettings", {404, 501}));
  }
  add(Method::kPost, "/v2/repository/index", Access::kHealth, &ModelHandlers::Index,
      "Every version that is known, with its state.", Index());
  add(Method::kPost, "/v2/repository/models/{model}/load", Access::kControl, &ModelHandlers::Load,
      "Loads or reloads a model (--model-control=explicit).", Changes("LoadRequest"));
  add(Method::kPost, "/v2/repository/models/{model}/unload", Access::kControl,
      &ModelHandlers::Unload, "Unloads a model (--model-control=explicit).",
      Changes("UnloadRequest"));
  for (const NotOffered& route : kNotOffered)
    router.Add({route.method,
                std::string(route.pattern),
                route.access,
                [what = route.what](Exchange& exchange) {
                  http::Refuse(exchange, Error(Reason::kNotOffered, "not offered: {}", what));
                },
                fmt::format("Not offered: {}.", route.what),
                {.dialects = {kDialect}, .refuses = {501}}});
  // Clients ask for all regions, or forget them, without having any.
  // Source: Triton src/shared_memory_manager.cc, built without GPUs
  router.Add({Method::kGet, "/v2/cudasharedmemory/status", Access::kHealth,
              [](Exchange& exchange) {
                exchange.response().body = "[]";
                exchange.Send();
              },
              "Regions of CUDA shared memory: none.", Gives("Regions")});
  router.Add({Method::kPost,
              "/v2/cudasharedmemory/unregister",
              Access::kHealth,
              [](Exchange& exchange) { exchange.Send(); },
              "Forgets all regions of CUDA shared memory: none.",
              {.dialects = {kDialect}, .gives = {{200}}}});
  AddSharedMemoryRoutes(router, services);
  AddGrpcMethods(router, services);
  AddStreamInfer(router, services);
  AddHealthMethods(router, services);
}

}  // namespace slipway::openinference
