#include "protocol/torchserve/management_routes.h"

#include <charconv>
#include <memory>

#include "protocol/dialect/model_registration.h"
#include "protocol/torchserve/contracts.h"
#include "protocol/torchserve/description.h"
#include "protocol/torchserve/errors.h"
#include "protocol/torchserve/prediction_handler.h"
#include "routing/resolver.h"
#include "text/json_writer.h"
#include "transport/http/media_type.h"
#include "transport/http/query.h"

namespace slipway::torchserve {
namespace {

using http::Access;
using http::Exchange;
using http::Method;
using lifecycle::ServedVersion;
using lifecycle::ServingTable;

std::string_view ModelIn(const Exchange& exchange) { return exchange.params()["model"]; }

/// Threads: any; the table is what the caller's thread sees.
void Refuse(Exchange& exchange, const ServingTable& table, const Status& why) {
  WriteError(why, table.models.contains(ModelIn(exchange)), exchange.request_id(),
             exchange.response());
  exchange.Send();
}

void Tell(Exchange& exchange, std::string_view status) {
  exchange.response().body.clear();
  JsonWriter(exchange.response().body).BeginObject().Key("status").String(status).EndObject();
  exchange.Send();
}

StatusOr<const lifecycle::VersionHandle*> VersionIn(const Exchange& exchange,
                                                    const ServingTable& table) {
  return routing::Resolve(table, ModelIn(exchange), PlainVersion(exchange.params()["version"]));
}

class ManagementHandlers {
 public:
  explicit ManagementHandlers(const ManagementServices& services) : services_(services) {}

  void List(Exchange& exchange) const {
    const ServingTable& table = TableFor(exchange);
    const Status written =
        dialect::WriteModelPage(table, exchange.request().query, exchange.response().body);
    if (!written.ok()) return Refuse(exchange, table, written);
    exchange.Send();
  }

  void Describe(Exchange& exchange) const {
    const ServingTable& table = TableFor(exchange);
    const auto model = table.models.find(ModelIn(exchange));
    if (exchange.params()["version"] == "all" && model != table.models.end()) {
      WriteDescriptions(model->second->ready, services_.queue_size, exchange.response().body);
      return exchange.Send();
    }
    const auto version = VersionIn(exchange, table);
    if (!version.ok()) return Refuse(exchange, table, version.status());
    WriteDescriptions({*version, 1}, services_.queue_size, exchange.response().body);
    exchange.Send();
  }

  void Register(Exchange& exchange) const {
    const ServingTable& table = TableFor(exchange);
    const auto registration = RegistrationIn(exchange.request());
    if (!registration.ok()) return Refuse(exchange, table, registration.status());
    auto model = dialect::ModelToLoad(*registration, services_.repositories, table);
    if (!model.ok()) return Refuse(exchange, table, model.status());
    services_.models.Load(*model, [held = exchange.Defer(), &models = services_.models,
                                   model = *model](const Status& done) {
      const auto now = models.table().Get();
      if (!done.ok()) return Refuse(*held, *now, done);
      const auto version = routing::Resolve(*now, model, "");
      if (!version.ok()) return Refuse(*held, *now, version.status());
      Tell(*held, fmt::format("Model \"{}\" Version: {} registered with {} initial workers", model,
                              (**version)->version, (**version)->instances));
    });
  }

  /// How many runs a model may have at once is fixed when it is loaded: the answer tells it,
  /// whatever was asked for.
  void Scale(Exchange& exchange) const {
    const ServingTable& table = TableFor(exchange);
    const Status asked = CheckWorkers(exchange.request().query);
    if (!asked.ok()) return Refuse(exchange, table, asked);
    const auto version = VersionIn(exchange, table);
    if (!version.ok()) return Refuse(exchange, table, version.status());
    const std::string_view named = exchange.params()["version"];
    Tell(exchange, fmt::format("Workers scaled to {} for model: {}{}{}", (**version)->instances,
                               ModelIn(exchange), named.empty() ? "" : ", version: ", named));
  }

  void Unregister(Exchange& exchange) const {
    const ServingTable& table = TableFor(exchange);
    const std::string_view named = exchange.params()["version"];
    if (!named.empty()) {
      const auto version = VersionIn(exchange, table);
      if (!version.ok()) return Refuse(exchange, table, version.status());
      if (table.models.find(ModelIn(exchange))->second->ready.size() > 1)
        return Refuse(exchange, table,
                      Error(Reason::kNotOffered,
                            "not offered: one version of several; the model's version_policy says "
                            "which are served"));
    }
    services_.models.Unload(
        std::string(ModelIn(exchange)),
        [held = exchange.Defer(), &models = services_.models](const Status& done) {
          if (!done.ok()) return Refuse(*held, *models.table().Get(), done);
          Tell(*held, fmt::format("Model \"{}\" unregistered", ModelIn(*held)));
        });
  }

  void SetDefault(Exchange& exchange) const {
    Refuse(exchange, TableFor(exchange),
           Error(Reason::kNotOffered,
                 "not offered: the default version is the newest that is ready; aliases are read "
                 "from the repository's aliases.json"));
  }

 private:
  const ServingTable& TableFor(const Exchange& exchange) const {
    return services_.infer.Table(exchange.loop());
  }

  static StatusOr<dialect::Registration> RegistrationIn(const http::Request& request) {
    const auto type = http::MediaType::Parse(request.header("content-type").value_or(""));
    if (type.type == "application/json") return dialect::ReadRegistration(request.body_text());
    ASSIGN_OR_RETURN(auto name, http::QueryValue(request.query, "model_name"));
    ASSIGN_OR_RETURN(auto url, http::QueryValue(request.query, "url"));
    return dialect::Registration{name.value_or(""), url.value_or("")};
  }

  static StatusOr<int> WorkersIn(std::string_view query, std::string_view name, int otherwise) {
    ASSIGN_OR_RETURN(const auto text, http::QueryValue(query, name));
    if (!text) return otherwise;
    int value;
    const char* const end = text->data() + text->size();
    const auto result = std::from_chars(text->data(), end, value);
    if (result.ec == std::errc() && result.ptr == end && value >= 0) return value;
    return Error(Reason::kBadRequest, "{}: expected a whole number from 0, got \"{}\"", name,
                 text->substr(0, 40));
  }

  static Status CheckWorkers(std::string_view query) {
    ASSIGN_OR_RETURN(const int min, WorkersIn(query, "min_worker", 1));
    ASSIGN_OR_RETURN(const int max, WorkersIn(query, "max_worker", min));
    if (min <= max) return OkStatus();
    return Error(Reason::kBadRequest, "max_worker cannot be less than min_worker.");
  }

  const ManagementServices services_;
};

using Member = void (ManagementHandlers::*)(Exchange&) const;

/// Adds routes that share one object of handlers.
class Routes {
 public:
  Routes(http::Router& router, const ManagementServices& services)
      : router_(router), handlers_(std::make_shared<const ManagementHandlers>(services)) {}

  void Add(Method method, std::string pattern, Access access, Member member, std::string summary,
           http::Contract contract) {
    router_.Add({method, std::move(pattern), access,
                 [handlers = handlers_, member](Exchange& exchange) {
                   (handlers.get()->*member)(exchange);
                 },
                 std::move(summary), std::move(contract)});
  }

 private:
  http::Router& router_;
  std::shared_ptr<const ManagementHandlers> handlers_;
};

constexpr std::string_view kModel[] = {"/models/{model}", "/models/{model}/{version}"};

http::Contract Pages() {
  http::Contract contract = Gives("LoadedModels");
  contract.parameters = {"limit", "next_page_token"};
  return contract;
}

http::Contract Registers() {
  http::Contract contract = Gives("TorchserveStatus", {404, 409, 422, 501});
  contract.parameters = {"url", "registered_name"};
  contract.takes = {{http::kJsonType, "Registration"}};
  contract.body_is_optional = true;
  return contract;
}

http::Contract Scales() {
  http::Contract contract = Gives("TorchserveStatus", {404});
  contract.parameters = {"min_worker", "max_worker"};
  return contract;
}

}  // namespace

void AddDescribingRoutes(http::Router& router, const ManagementServices& services) {
  Routes routes(router, services);
  routes.Add(Method::kGet, "/models", Access::kHealth, &ManagementHandlers::List,
             "The loaded models, a page at a time.", Pages());
  for (const std::string_view model : kModel)
    routes.Add(Method::kGet, std::string(model), Access::kHealth, &ManagementHandlers::Describe,
               "The model, a version of it or \"all\" of them.",
               Gives("TorchserveDescriptions", {404}));
}

void AddManagementRoutes(http::Router& router, const ManagementServices& services) {
  AddDescribingRoutes(router, services);
  Routes routes(router, services);
  routes.Add(Method::kPost, "/models", Access::kControl, &ManagementHandlers::Register,
             "Loads a model of a repository (--model-control=explicit).", Registers());
  for (const std::string_view model : kModel) {
    routes.Add(Method::kPut, std::string(model), Access::kControl, &ManagementHandlers::Scale,
               "Tells how many runs the model may have at once.", Scales());
    routes.Add(Method::kDelete, std::string(model), Access::kControl,
               &ManagementHandlers::Unregister, "Unloads a model (--model-control=explicit).",
               Gives("TorchserveStatus", {404, 501}));
  }
  routes.Add(Method::kPut, "/models/{model}/{version}/set-default", Access::kControl,
             &ManagementHandlers::SetDefault, "Not offered: another default than the newest.",
             RefusesAll());
}

}  // namespace slipway::torchserve
