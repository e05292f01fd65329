#include "protocol/vertex/routes.h"

#include <memory>

#include "protocol/dialect/health.h"
#include "protocol/vertex/body_format.h"

namespace slipway::vertex {

using http::Access;
using http::Exchange;
using http::Method;

namespace {

constexpr std::string_view kDialect = "Vertex AI";

http::Contract PredictContract() {
  return {.dialects = {kDialect},
          .parameters = {"model_name", "version_name"},
          .takes = {{http::kJsonType, "VertexRequest"}},
          .gives = {{200, {{http::kJsonType, "VertexAnswer"}}}},
          .refuses = {404, 504}};
}

}  // namespace

void AddRoutes(http::Router& router, const Services& services, const Options& options) {
  if (!options.health_route.empty())
    router.Replace(
        {Method::kGet, options.health_route, Access::kHealth,
         [services](Exchange& exchange) {
           const auto& table = services.common.infer.Table(exchange.loop());
           dialect::TellHealth(
               dialect::IsHealthy(table, services.draining, services.common.default_model),
               exchange);
         },
         "Whether the model can answer (Vertex AI).", dialect::HealthContract({kDialect})});
  if (!options.predict_route.empty())
    router.Replace(
        {Method::kPost, options.predict_route, Access::kInference,
         dialect::MakeInferHandler(services.common, std::make_shared<const PredictFormat>()),
         "Runs the model on instances (Vertex AI).", PredictContract()});
}

}  // namespace slipway::vertex
