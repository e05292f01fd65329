#include "protocol/invocations/routes.h"

#include "protocol/dialect/health.h"
#include "protocol/invocations/body_format.h"
#include "protocol/sagemaker/content_type.h"

namespace slipway::invocations {

using http::Access;
using http::Exchange;
using http::Method;

http::Contract ScoringContract() {
  constexpr std::string_view kBinary = sagemaker::kBinaryType;
  return {.dialects = {"MLflow", "SageMaker"},
          .parameters = {"model_name", "version_name"},
          .takes = {{http::kJsonType, "InvocationsRequest"}, {"text/csv"}, {kBinary}},
          .gives = {{200, {{http::kJsonType, "InvocationsAnswer"}, {kBinary}}}},
          .refuses = {404, 501, 504}};
}

void AddRoutes(http::Router& router, const Services& services) {
  const auto infer = dialect::MakeInferHandler(
      services.common, std::make_shared<const BodyFormat>(services.csv_header));
  router.Add({Method::kPost, "/invocations", Access::kInference, infer,
              "Runs the default model on a data frame, tensors or CSV.", ScoringContract()});
  http::Contract invoke = ScoringContract();
  invoke.dialects = {"SageMaker"};
  router.Add({Method::kPost, "/models/{model}/invoke", Access::kInference, infer,
              "Runs a model on a data frame, tensors or CSV.", std::move(invoke)});
  const auto ping = [&infer = services.common.infer, &draining = services.draining,
                     fallback = services.common.default_model](Exchange& exchange) {
    dialect::TellHealth(dialect::IsHealthy(infer.Table(exchange.loop()),
                                           draining.load(std::memory_order_relaxed), fallback),
                        exchange);
  };
  router.Add({Method::kGet, "/ping", Access::kHealth, ping, "Requests may come.",
              dialect::HealthContract({"MLflow", "SageMaker", "TorchServe"})});
  router.Add({Method::kGet, "/health", Access::kHealth, ping, "Requests may come.",
              dialect::HealthContract({"MLflow"})});
  router.Add({Method::kGet,
              "/version",
              Access::kHealth,
              [version = services.server_version](Exchange& exchange) {
                exchange.response().content_type = "text/plain; charset=utf-8";
                exchange.response().body = version;
                exchange.Send();
              },
              "The server's version.",
              {.dialects = {"MLflow"}, .gives = {{200, {{"text/plain"}}}}}});
}

}  // namespace slipway::invocations
