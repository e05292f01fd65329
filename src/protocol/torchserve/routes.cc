#include "protocol/torchserve/routes.h"

#include <algorithm>
#include <map>
#include <memory>
#include <span>

#include "protocol/torchserve/contracts.h"
#include "protocol/torchserve/errors.h"
#include "protocol/torchserve/prediction_handler.h"
#include "text/json_writer.h"
#include "transport/http/ascii.h"

namespace slipway::torchserve {
namespace {

using http::Access;
using http::Exchange;
using http::Method;

constexpr std::string_view kModelSuffixes[] = {"/{model}", "/{model}/{version}"};

/// The routes in OpenAPI's form.
std::string Describe(std::span<const http::Route> routes, std::string_view version) {
  std::map<std::string_view, std::vector<const http::Route*>> paths;
  for (const http::Route& route : routes) paths[route.pattern].push_back(&route);
  std::string text;
  JsonWriter json(text);
  json.BeginObject().Key("openapi").String("3.0.1").Key("info").BeginObject();
  json.Key("title").String("TorchServe's APIs, by Slipway").Key("version").String(version);
  json.EndObject().Key("paths").BeginObject();
  for (const auto& [pattern, methods] : paths) {
    json.Key(pattern).BeginObject();
    for (const http::Route* route : methods) {
      std::string method(NameOf(route->method));
      std::ranges::transform(method, method.begin(), http::ToLower);
      json.Key(method).BeginObject().Key("summary").String(route->summary).Key("responses");
      json.BeginObject().Key("default").BeginObject().Key("description").String("JSON");
      json.EndObject().EndObject().EndObject();
    }
    json.EndObject();
  }
  json.EndObject().EndObject();
  return text;
}

/// What TorchServe's clients may ask for and Slipway knows but does not do.
struct NotOffered {
  Method method;
  std::string_view pattern;
  Access access;
  std::string_view what;
};
constexpr std::string_view kWorkflows = "workflows", kTokens = "tokens";
constexpr NotOffered kNotOffered[] = {
    {Method::kPost, "/wfpredict/{workflow}", Access::kInference, kWorkflows},
    {Method::kPut, "/wfpredict/{workflow}", Access::kInference, kWorkflows},
    {Method::kGet, "/workflows", Access::kHealth, kWorkflows},
    {Method::kPost, "/workflows", Access::kControl, kWorkflows},
    {Method::kGet, "/workflows/{workflow}", Access::kHealth, kWorkflows},
    {Method::kDelete, "/workflows/{workflow}", Access::kControl, kWorkflows},
    {Method::kGet, "/token", Access::kControl, kTokens},
};

void Refuse(Exchange& exchange, std::string_view what) {
  WriteError(Error(Reason::kNotOffered, "not offered: {}", what), true, exchange.request_id(),
             exchange.response());
  exchange.Send();
}

http::Contract Predicts() {
  http::Contract contract = Gives("TorchservePredictions", {404, 504});
  contract.takes = {{http::kJsonType, "TorchserveRows"},
                    {"application/octet-stream"},
                    {"text/plain"},
                    {"multipart/form-data", "TorchserveForm"},
                    {"application/x-www-form-urlencoded", "TorchserveForm"}};
  return contract;
}

}  // namespace

void AddRoutes(http::Router& router, const Services& services) {
  const size_t first = router.routes().size();
  const auto predict = std::make_shared<PredictionHandler>(services);
  for (const std::string_view model : kModelSuffixes) {
    // curl -T sends a file with PUT.
    for (const Method method : {Method::kPost, Method::kPut}) {
      router.Add({method, fmt::format("/predictions{}", model), Access::kInference,
                  [predict](Exchange& exchange) { (*predict)(exchange); },
                  "Runs the model on rows, a file or a form.", Predicts()});
      router.Add({method, fmt::format("/explanations{}", model), Access::kInference,
                  [](Exchange& exchange) { Refuse(exchange, "explanations"); },
                  "Not offered: explanations.", RefusesAll()});
    }
  }
  const auto description = std::make_shared<const std::string>(
      Describe(std::span(router.routes()).subspan(first), services.server_version));
  router.Add({Method::kOptions, "/", Access::kHealth,
              [description](Exchange& exchange) {
                exchange.response().body = *description;
                exchange.Send();
              },
              "The inference API in brief, as OpenAPI 3.0.", Gives("OpenApi")});
  for (const NotOffered& route : kNotOffered)
    router.Add({route.method, std::string(route.pattern), route.access,
                [what = route.what](Exchange& exchange) { Refuse(exchange, what); },
                fmt::format("Not offered: {}.", route.what), RefusesAll()});
}

}  // namespace slipway::torchserve
