#include "protocol/openapi/document.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocol/openapi/routes.h"

namespace slipway::openapi {
namespace {

using http::Access;
using http::Method;
using http::Route;
using testing::HasSubstr;
using testing::Not;

Route ARoute(std::string pattern, Access access = Access::kHealth) {
  return {Method::kGet,
          std::move(pattern),
          access,
          [](http::Exchange&) {},
          "What it is for.",
          {.dialects = {"Tests"}, .gives = {{200, {{http::kJsonType, "Error"}}}}}};
}

std::string Described(const std::vector<Route>& routes, uint8_t offered = http::kAllAccess) {
  const std::vector<std::string_view> documents = {Components()};
  return WriteDocument(routes, offered, ComponentTable(documents), "1.2.3");
}

TEST(OpenApiDocumentTest, HasTheParametersOfPathsAndTheirMethods) {
  const std::string document = Described({ARoute("/models/{model}:ask")});
  EXPECT_THAT(document, HasSubstr(R"("/models/{model}:ask":{"get":)"));
  EXPECT_THAT(document, HasSubstr(R"("operationId":"get_models_model_ask")"));
  EXPECT_THAT(document, HasSubstr(R"("parameters":[{"$ref":"#/components/parameters/model"}])"));
  EXPECT_THAT(document, HasSubstr(R"("version":"1.2.3")"));
}

TEST(OpenApiDocumentTest, HasOnlyWhatTheListenerOffers) {
  const std::vector<Route> routes = {ARoute("/health"), ARoute("/load", Access::kControl)};
  EXPECT_THAT(Described(routes), HasSubstr("/load"));
  EXPECT_THAT(Described(routes, http::Bit(Access::kHealth)), Not(HasSubstr("/load")));
}

TEST(OpenApiDocumentTest, LeavesMethodsForGrpcOut) {
  Route grpc = ARoute("/package.Service/Method");
  grpc.is_grpc = true;
  grpc.contract = {};
  EXPECT_THAT(Described({grpc}), Not(HasSubstr("package.Service")));
}

TEST(OpenApiDocumentTest, SaysBothBodiesOfAStatusThatIsAnAnswerAndARefusal) {
  Route ready = ARoute("/ready");
  ready.contract.gives = {{503, {{http::kJsonType, "Health"}}}};
  EXPECT_THAT(Described({ready}), HasSubstr(R"("anyOf":[{"$ref":"#/components/schemas/Health"},)"
                                            R"({"$ref":"#/components/schemas/Error"}])"));
}

TEST(OpenApiDocumentTest, SaysThatARouteRefusesInItsOwnWayOrAsTheTransportDoes) {
  Route own = ARoute("/own");
  own.contract.error = "Health";
  const std::string document = Described({ARoute("/plain"), own});
  EXPECT_THAT(document, HasSubstr(R"("413":{"$ref":"#/components/responses/Error413"})"));
  EXPECT_THAT(document, HasSubstr(R"("413":{"$ref":"#/components/responses/Health413"})"));
  EXPECT_THAT(document, HasSubstr(R"("Health413":{"description":"The body is over its limit)"));
  EXPECT_THAT(document, HasSubstr(R"("anyOf":[{"$ref":"#/components/schemas/Health"},)"
                                  R"({"$ref":"#/components/schemas/Error"}])"));
}

TEST(OpenApiDocumentTest, StandsOnlyWithAContractForEveryRoute) {
  Route bare = ARoute("/bare");
  bare.contract = {};
  EXPECT_DEATH(Described({bare}), "says whose it is");
  Route unknown = ARoute("/unknown");
  unknown.contract.gives = {{200, {{http::kJsonType, "Nowhere"}}}};
  EXPECT_DEATH(Described({unknown}), "is described");
  EXPECT_DEATH(Described({ARoute("/{nowhere}")}), "is described");
}

TEST(OpenApiComponentsTest, StandOnlyWithNamesOfTheirOwn) {
  const std::vector<std::string_view> twice = {R"({"schemas":{"A":{}}})", R"({"schemas":{"A":1}})"};
  EXPECT_DEATH(ComponentTable{twice}, "a name of its own");
}

}  // namespace
}  // namespace slipway::openapi
