#include "protocol/azureml/routes.h"

#include "protocol/dialect/health.h"

namespace slipway::azureml {

using http::Access;
using http::Exchange;
using http::Method;

constexpr std::string_view kDialect = "Azure ML";

void AddRoutes(http::Router& router, const dialect::Services& services,
               const std::atomic<bool>& draining, const Options& options) {
  if (!options.liveness_route.empty())
    router.Replace({Method::kGet, options.liveness_route, Access::kHealth,
                    [](Exchange& exchange) { dialect::TellHealth(true, exchange); },
                    "The process works (Azure ML).", dialect::HealthContract({kDialect})});
  if (!options.readiness_route.empty() && options.readiness_route != options.liveness_route)
    router.Replace({Method::kGet, options.readiness_route, Access::kHealth,
                    [&infer = services.infer, &draining,
                     fallback = services.default_model](Exchange& exchange) {
                      dialect::TellHealth(
                          dialect::IsHealthy(infer.Table(exchange.loop()),
                                             draining.load(std::memory_order_relaxed), fallback),
                          exchange);
                    },
                    "Requests may come (Azure ML).", dialect::HealthContract({kDialect})});
  if (options.scoring_route.empty()) return;
  http::Contract scoring = options.scoring_contract;
  scoring.dialects = {kDialect};
  router.Replace({Method::kPost, options.scoring_route, Access::kInference,
                  dialect::MakeInferHandler(services, options.scoring_format),
                  "Runs the default model (Azure ML).", std::move(scoring)});
}

}  // namespace slipway::azureml
