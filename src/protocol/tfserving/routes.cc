#include "protocol/tfserving/routes.h"

#include <memory>

#include "protocol/tfserving/grpc_examples.h"
#include "protocol/tfserving/grpc_methods.h"
#include "protocol/tfserving/infer_handler.h"
#include "protocol/tfserving/model_handlers.h"

namespace slipway::tfserving {
namespace {

using http::Access;
using http::Exchange;
using http::Method;

constexpr std::string_view kModels[] = {"/v1/models/{model}",
                                        "/v1/models/{model}/versions/{version}",
                                        "/v1/models/{model}/labels/{label}"};

/// A known path with the other method: 400, as TensorFlow Serving has it.
void Malformed(Exchange& exchange) {
  http::Refuse(exchange,
               Error(Reason::kBadRequest, "Malformed request: {} {}",
                     NameOf(exchange.request().method), exchange.request().path.substr(0, 256)));
}

constexpr std::string_view kDialect = "TensorFlow Serving and KServe v1";

http::Contract Gives(std::string_view schema, std::vector<int> refuses = {404}) {
  return {.dialects = {kDialect},
          .gives = {{200, {{http::kJsonType, schema}}}},
          .refuses = std::move(refuses)};
}

http::Contract Runs(std::string_view request, std::string_view answer) {
  http::Contract contract = Gives(answer, {404, 504});
  contract.takes = {{http::kJsonType, request}};
  return contract;
}

http::Contract Refuses(int status) { return {.dialects = {kDialect}, .refuses = {status}}; }

}  // namespace

void AddRoutes(http::Router& router, const Services& services) {
  const auto models = std::make_shared<const ModelHandlers>(services);
  const auto infer = std::make_shared<InferHandler>(services);
  using Ask = void (ModelHandlers::*)(Exchange&) const;
  using Run = void (InferHandler::*)(Exchange&);
  const auto add = [&](Method method, const std::string& pattern, Access access,
                       http::Handler handler, std::string summary, http::Contract contract) {
    router.Add({.method = method,
                .pattern = pattern,
                .access = access,
                .handler = std::move(handler),
                .summary = std::move(summary),
                .contract = std::move(contract),
                .any_case = true});
  };
  const auto get = [&](const std::string& pattern, Ask member, std::string summary,
                       http::Contract contract) {
    add(
        Method::kGet, pattern, Access::kHealth,
        [models, member](Exchange& exchange) { (models.get()->*member)(exchange); },
        std::move(summary), std::move(contract));
    add(Method::kPost, pattern, Access::kHealth, Malformed, "Malformed.", Refuses(400));
  };
  const auto post = [&](const std::string& pattern, Run member, std::string summary,
                        http::Contract contract) {
    add(
        Method::kPost, pattern, Access::kInference,
        [infer, member](Exchange& exchange) { (infer.get()->*member)(exchange); },
        std::move(summary), std::move(contract));
    add(Method::kGet, pattern, Access::kInference, Malformed, "Malformed.", Refuses(400));
  };
  get("/v1/models", &ModelHandlers::List, "Names of the ready models.", Gives("V1Models", {}));
  for (const std::string_view pattern : kModels) {
    const std::string model(pattern);
    get(model, &ModelHandlers::ModelStatus, "The model's versions and their states.",
        Gives("V1VersionStatus"));
    get(model + "/metadata", &ModelHandlers::Metadata, "Inputs and outputs.", Gives("V1Metadata"));
    post(model + ":predict", &InferHandler::Predict, "Runs the model on rows or columns.",
         Runs("V1PredictRequest", "V1PredictAnswer"));
    post(model + ":classify", &InferHandler::Classify, "Scores of examples, by class.",
         Runs("V1ExamplesRequest", "V1Classes"));
    post(model + ":regress", &InferHandler::Regress, "A value for each example.",
         Runs("V1ExamplesRequest", "V1Values"));
  }
  router.Add({Method::kPost, "/v1/models/{model}:explain", Access::kInference,
              [](Exchange& exchange) {
                http::Refuse(exchange, Error(Reason::kNotOffered, "not offered: explanations"));
              },
              "Not offered: explanations.", Refuses(501)});
  AddGrpcMethods(router, services);
  AddExampleMethods(router, services);
}

}  // namespace slipway::tfserving
