#include "protocol/torchserve/management_routes.h"

#include <charconv>
#include <memory>

#include "protocol/torchserve/contracts.h"
#include "protocol/torchserve/errors.h"
#include "text/json_writer.h"
#include "transport/http/media_type.h"
#include "transport/http/query.h"

namespace slipway::torchserve {
namespace {

using http::Access;
using http::Exchange;
using http::Method;
using lifecycle::ServingTable;

std::string_view ModelIn(const Exchange& exchange) { return exchange.params()["model"]; }
std::string_view VersionIn(const Exchange& exchange) { return exchange.params()["version"]; }

/// Threads: any; the table is what the caller's thread sees.
void Refuse(Exchange& exchange, const ServingTable& table, const Status& why) {
  WriteError(why, table.models.contains(ModelIn(exchange)), exchange.request_id(),
             exchange.response());
  exchange.Send();
}

void Tell(Exchange& exchange, const ServingTable& table, const StatusOr<std::string>& status) {
  if (!status.ok()) return Refuse(exchange, table, status.status());
  JsonWriter(exchange.response().body).BeginObject().Key("status").String(*status).EndObject();
  exchange.Send();
}

StatusOr<dialect::Registration> RegistrationIn(const http::Request& request) {
  const auto type = http::MediaType::Parse(request.header("content-type").value_or(""));
  if (type.type == "application/json") return dialect::ReadRegistration(request.body_text());
  ASSIGN_OR_RETURN(auto name, http::QueryValue(request.query, "model_name"));
  ASSIGN_OR_RETURN(auto url, http::QueryValue(request.query, "url"));
  return dialect::Registration{name.value_or(""), url.value_or("")};
}

StatusOr<int> WorkersIn(std::string_view query, std::string_view name, int otherwise) {
  ASSIGN_OR_RETURN(const auto text, http::QueryValue(query, name));
  if (!text) return otherwise;
  int value;
  const char* const end = text->data() + text->size();
  const auto result = std::from_chars(text->data(), end, value);
  if (result.ec == std::errc() && result.ptr == end && value >= 0) return value;
  return Error(Reason::kBadRequest, "{}: expected a whole number from 0, got \"{}\"", name,
               text->substr(0, 40));
}

StatusOr<Workers> WorkersIn(std::string_view query) {
  Workers workers;
  ASSIGN_OR_RETURN(workers.min, WorkersIn(query, "min_worker", 1));
  ASSIGN_OR_RETURN(workers.max, WorkersIn(query, "max_worker", workers.min));
  return workers;
}

class ManagementHandlers {
 public:
  explicit ManagementHandlers(ManagementServices services) : management_(std::move(services)) {}

  void List(Exchange& exchange) const {
    const auto page = dialect::ReadPage(exchange.request().query);
    if (!page.ok()) return Refuse(exchange, TableFor(exchange), page.status());
    dialect::WriteModelPage(TableFor(exchange), *page, exchange.response().body);
    exchange.Send();
  }

  void Describe(Exchange& exchange) const {
    const ServingTable& table = TableFor(exchange);
    const Status described = management_.Describe(table, ModelIn(exchange), VersionIn(exchange),
                                                  exchange.response().body);
    if (!described.ok()) return Refuse(exchange, table, described);
    exchange.Send();
  }

  void Register(Exchange& exchange) const {
    const ServingTable& table = TableFor(exchange);
    const auto registration = RegistrationIn(exchange.request());
    if (!registration.ok()) return Refuse(exchange, table, registration.status());
    management_.Register(table, *registration, Later(exchange));
  }

  void Scale(Exchange& exchange) const {
    const ServingTable& table = TableFor(exchange);
    const auto asked = WorkersIn(exchange.request().query);
    if (!asked.ok()) return Refuse(exchange, table, asked.status());
    Tell(exchange, table, management_.Scale(table, ModelIn(exchange), VersionIn(exchange), *asked));
  }

  void Unregister(Exchange& exchange) const {
    management_.Unregister(TableFor(exchange), ModelIn(exchange), VersionIn(exchange),
                           Later(exchange));
  }

  void SetDefault(Exchange& exchange) const {
    management_.SetDefault(TableFor(exchange), ModelIn(exchange), VersionIn(exchange),
                           Later(exchange));
  }

 private:
  const ServingTable& TableFor(const Exchange& exchange) const {
    return management_.TableFor(exchange.loop());
  }

  /// What answers when the load or unload is done.
  Management::Done Later(Exchange& exchange) const {
    return [this, held = exchange.Defer()](const StatusOr<std::string>& done) {
      Tell(*held, *management_.CurrentTable(), done);
    };
  }

  const Management management_;
};

using Member = void (ManagementHandlers::*)(Exchange&) const;

/// Adds routes that share one object of handlers.
class Routes {
 public:
  Routes(http::Router& router, ManagementServices services)
      : router_(router),
        handlers_(std::make_shared<const ManagementHandlers>(std::move(services))) {}

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

constexpr std::string_view kModelPaths[] = {"/models/{model}", "/models/{model}/{version}"};

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

void AddDescribingRoutes(http::Router& router, ManagementServices services) {
  Routes routes(router, std::move(services));
  routes.Add(Method::kGet, "/models", Access::kHealth, &ManagementHandlers::List,
             "The loaded models, a page at a time.", Pages());
  for (const std::string_view model : kModelPaths)
    routes.Add(Method::kGet, std::string(model), Access::kHealth, &ManagementHandlers::Describe,
               "The model, a version of it or \"all\" of them.",
               Gives("TorchserveDescriptions", {404}));
}

void AddManagementRoutes(http::Router& router, ManagementServices services) {
  AddDescribingRoutes(router, services);
  Routes routes(router, std::move(services));
  routes.Add(Method::kPost, "/models", Access::kControl, &ManagementHandlers::Register,
             "Loads a model of a repository (--model-control=explicit).", Registers());
  for (const std::string_view model : kModelPaths) {
    routes.Add(Method::kPut, std::string(model), Access::kControl, &ManagementHandlers::Scale,
               "Tells how many runs the model may have at once.", Scales());
    routes.Add(Method::kDelete, std::string(model), Access::kControl,
               &ManagementHandlers::Unregister,
               "Unloads a model, or a version of it (--model-control=explicit).",
               Gives("TorchserveStatus", {404}));
  }
  routes.Add(Method::kPut, "/models/{model}/{version}/set-default", Access::kControl,
             &ManagementHandlers::SetDefault,
             "Makes a version the default one (--model-control=explicit).",
             Gives("TorchserveStatus", {404}));
}

}  // namespace slipway::torchserve
