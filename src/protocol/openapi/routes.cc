#include "protocol/openapi/routes.h"

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "protocol/openapi/document.h"

namespace slipway::openapi {

namespace {

/// Written when they are first asked for: writing one takes a server longer than loading a small
/// model.
class Documents {
 public:
  Documents(const http::Router& router, std::vector<std::string_view> components,
            std::string_view version)
      : router_(router), components_(std::move(components)), version_(version) {}

  /// @param offered  by the listener that was asked.
  std::string For(uint8_t offered) {
    return written_.With([&](Written& written) {
      std::string& document = written[offered];
      if (document.empty())
        document = WriteDocument(router_.routes(), offered, ComponentTable(components_), version_);
      return document;
    });
  }

 private:
  using Written = std::array<std::string, http::kAllAccess + 1>;

  const http::Router& router_;
  const std::vector<std::string_view> components_;
  const std::string version_;
  Guarded<Written> written_;
};

}  // namespace

void AddRoutes(http::Router& router, std::span<const std::string_view> components,
               std::string_view version) {
  std::vector<std::string_view> all(components.begin(), components.end());
  all.push_back(Components());
  const auto documents = std::make_shared<Documents>(router, std::move(all), version);
  router.Add({http::Method::kGet,
              "/openapi.json",
              http::Access::kHealth,
              [documents](http::Exchange& exchange) {
                exchange.response().body = documents->For(exchange.offered());
                exchange.Send();
              },
              "This description.",
              {.dialects = {"Slipway"}, .gives = {{200, {{http::kJsonType, "OpenApi"}}}}}});
}

}  // namespace slipway::openapi
