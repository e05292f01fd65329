#include "protocol/sagemaker/multi_model.h"

#include <memory>

#include "protocol/dialect/model_registration.h"

namespace slipway::sagemaker {
namespace {

using http::Access;
using http::Exchange;
using http::Method;

constexpr int kNoMemory = 507;

void Answer(Exchange& exchange, const Status& status) {
  status.ok() ? exchange.Send() : http::Refuse(exchange, status);
}

/// A model that does not fit into memory is 507: the platform then unloads others.
void AnswerLoad(Exchange& exchange, const Status& loaded) {
  if (!loaded.ok()) http::RespondWithError(loaded, exchange.request_id(), exchange.response());
  if (!loaded.ok() && ReasonOf(loaded) == Reason::kTooLarge) exchange.response().status = kNoMemory;
  exchange.Send();
}

void TellPage(const Services& services, Exchange& exchange) {
  const auto page = dialect::ReadPage(exchange.request().query);
  if (page.ok())
    dialect::WriteModelPage(services.infer.Table(exchange.loop()), *page, exchange.response().body);
  Answer(exchange, page.status());
}

Status TellModel(const lifecycle::ServingTable& table, std::string_view model, std::string& out) {
  const auto found = table.models.find(model);
  if (found == table.models.end() || found->second->ready.empty())
    return Error(Reason::kNotFound, "model \"{}\" is not loaded", model);
  dialect::WriteModel(model, out);
  return OkStatus();
}

void Load(const Services& services, Exchange& exchange) {
  const auto registration = dialect::ReadRegistration(exchange.request().body_text());
  if (!registration.ok()) return Answer(exchange, registration.status());
  auto model = dialect::ModelToLoad(*registration, services.repositories,
                                    services.infer.Table(exchange.loop()));
  if (!model.ok()) return Answer(exchange, model.status());
  services.models.Load(*std::move(model), [held = exchange.Defer()](const Status& loaded) {
    AnswerLoad(*held, loaded);
  });
}

constexpr std::string_view kDialect = "SageMaker";

http::Contract Pages() {
  return {.dialects = {kDialect},
          .parameters = {"limit", "next_page_token"},
          .gives = {{200, {{http::kJsonType, "LoadedModels"}}}}};
}

http::Contract Tells() {
  return {.dialects = {kDialect},
          .gives = {{200, {{http::kJsonType, "LoadedModel"}}}},
          .refuses = {404}};
}

/// An empty 200, or why not.
http::Contract Loads() {
  return {.dialects = {kDialect},
          .takes = {{http::kJsonType, "Registration"}},
          .gives = {{200}},
          .refuses = {404, 409, 422, 501, kNoMemory}};
}

http::Contract Unloads() { return {.dialects = {kDialect}, .gives = {{200}}, .refuses = {404}}; }

}  // namespace

void AddMultiModelRoutes(http::Router& router, const Services& services) {
  const auto shared = std::make_shared<const Services>(services);
  router.Add({Method::kGet, "/models", Access::kHealth,
              [shared](Exchange& exchange) { TellPage(*shared, exchange); },
              "The loaded models, a page at a time.", Pages()});
  router.Add({Method::kPost, "/models", services.access,
              [shared](Exchange& exchange) { Load(*shared, exchange); },
              "Loads a model (--model-control=explicit).", Loads()});
  router.Add({Method::kGet, "/models/{model}", Access::kHealth,
              [shared](Exchange& exchange) {
                Answer(exchange, TellModel(shared->infer.Table(exchange.loop()),
                                           exchange.params()["model"], exchange.response().body));
              },
              "A loaded model.", Tells()});
  router.Add({Method::kDelete, "/models/{model}", services.access,
              [shared](Exchange& exchange) {
                shared->models.Unload(
                    std::string(exchange.params()["model"]),
                    [held = exchange.Defer()](const Status& done) { Answer(*held, done); });
              },
              "Unloads a model (--model-control=explicit).", Unloads()});
}

}  // namespace slipway::sagemaker
