#include "protocol/openapi/routes.h"

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "protocol/openapi/document.h"

namespace slipway::openapi {

void AddRoutes(http::Router& router, std::span<const std::string_view> components,
               std::string_view version) {
  // By what a listener offers; the route itself is offered with kHealth only.
  using Documents = std::array<std::string, http::kAllAccess + 1>;
  const auto documents = std::make_shared<Documents>();
  router.Add({http::Method::kGet,
              "/openapi.json",
              http::Access::kHealth,
              [documents](http::Exchange& exchange) {
                exchange.response().body = (*documents)[exchange.offered()];
                exchange.Send();
              },
              "This description.",
              {.dialects = {"Slipway"}, .gives = {{200, {{http::kJsonType, "OpenApi"}}}}}});
  std::vector<std::string_view> all(components.begin(), components.end());
  all.push_back(Components());
  const ComponentTable described(all);
  for (uint8_t offered = 0; offered <= http::kAllAccess; ++offered)
    if (offered & http::Bit(http::Access::kHealth))
      (*documents)[offered] = WriteDocument(router.routes(), offered, described, version);
}

}  // namespace slipway::openapi
