#include "transport/http/router.h"

#include "transport/http/testing/fake_exchange.h"

namespace slipway::http {
namespace {

// Every handler answers with its pattern and parameters.
class RouterTest : public testing::Test {
 protected:
  void Add(Method method, std::string pattern, Access access = Access::kHealth,
           bool any_case = false) {
    router_.Add({.method = method,
                 .pattern = std::move(pattern),
                 .access = access,
                 .handler =
                     [](Exchange& exchange) {
                       exchange.response().body = std::string(exchange.route());
                       for (const auto name : {"model", "version"})
                         if (const auto value = exchange.params()[name]; !value.empty())
                           exchange.response().body += fmt::format(" {}={}", name, value);
                       exchange.Send();
                     },
                 .summary = "Echo.",
                 .any_case = any_case});
  }

  // "200 body" of the request.
  std::string Answer(Method method, std::string target, uint8_t allowed = kAllAccess) {
    FakeExchange exchange(method, std::move(target));
    router_.Dispatch(exchange, allowed);
    EXPECT_TRUE(exchange.sent());
    headers_ = exchange.response().headers;
    return fmt::format("{} {}", exchange.response().status, exchange.answer());
  }

  Router router_;
  std::string headers_;
};

TEST_F(RouterTest, FindsRoutesAndDecodesParameters) {
  Add(Method::kGet, "/");
  Add(Method::kGet, "/v2");
  Add(Method::kPost, "/v2/models/{model}/infer");
  Add(Method::kPost, "/v2/models/{model}/versions/{version}/infer");
  Add(Method::kGet, "/v2/models/stats");
  Add(Method::kGet, "/v2/models/{model}");
  const struct {
    Method method;
    std::string target, expected;
  } cases[] = {
      {Method::kGet, "/", "200 /"},
      {Method::kGet, "/v2", "200 /v2"},
      {Method::kGet, "/v2?x=/y", "200 /v2"},
      {Method::kGet, "/v2/models/stats", "200 /v2/models/stats"},
      {Method::kGet, "/v2/models/other", "200 /v2/models/{model} model=other"},
      {Method::kPost, "/v2/models/stats/infer", "200 /v2/models/{model}/infer model=stats"},
      {Method::kPost, "/v2/models/a%2Fb%20c/infer", "200 /v2/models/{model}/infer model=a/b c"},
      {Method::kPost, "/v2/models/m/versions/3/infer",
       "200 /v2/models/{model}/versions/{version}/infer model=m version=3"},
      {Method::kGet, "/v2/models/%73tats", "200 /v2/models/stats"},
      {Method::kHead, "/v2", "200 /v2"},
  };
  for (const auto& c : cases) EXPECT_EQ(Answer(c.method, c.target), c.expected) << c.target;
}

TEST_F(RouterTest, RefusesWhatIsNotThere) {
  Add(Method::kGet, "/v2/models/{model}");
  Add(Method::kPost, "/v2/models/{model}");
  for (const std::string_view path :
       {"/v1", "/v2/", "/v2/models", "/v2/models/m/", "//v2", "/v2/models/m/x/y", "/v2//models/m"})
    EXPECT_TRUE(
        Answer(Method::kGet, std::string(path)).starts_with("404 {\"error\":\"no such path"))
        << path;
  std::string deep;
  for (int i = 0; i < 4000; ++i) deep += "/a";
  EXPECT_TRUE(Answer(Method::kGet, deep).starts_with("404 "));
  EXPECT_LT(Answer(Method::kGet, deep).size(), 1100u);
  for (const std::string_view path : {"/v2/models/%", "/v2/models/%2", "/v2/models/%zz", "/%%41"})
    EXPECT_TRUE(Answer(Method::kGet, std::string(path)).starts_with("400 ")) << path;
}

TEST_F(RouterTest, AParameterWithoutTextIsNamed) {
  Add(Method::kGet, "/v2/models/{model}");
  Add(Method::kPost, "/v2/models/{model}/versions/{version}/infer");
  EXPECT_EQ(Answer(Method::kGet, "/v2/models/"),
            R"(400 {"error":"/v2/models/: expected a model, got an empty one"})");
  EXPECT_EQ(Answer(Method::kPost, "/v2/models//versions/1/infer"),
            R"(400 {"error":"/v2/models//versions/1/infer: expected a model, got an empty one"})");
  EXPECT_EQ(
      Answer(Method::kPost, "/v2/models/m/versions//infer"),
      R"(400 {"error":"/v2/models/m/versions//infer: expected a version, got an empty one"})");
  EXPECT_TRUE(Answer(Method::kPost, "/v2/models/").starts_with("405 "));
  EXPECT_TRUE(Answer(Method::kGet, "/v2/models/", Bit(Access::kControl)).starts_with("404 "));
}

TEST_F(RouterTest, WrongMethodNamesTheRightOnes) {
  Add(Method::kGet, "/v2/models/{model}");
  Add(Method::kPost, "/v2/models/{model}");
  EXPECT_TRUE(Answer(Method::kDelete, "/v2/models/m").starts_with("405 "));
  EXPECT_EQ(headers_, "Allow: GET, HEAD, POST, OPTIONS\r\n");
  EXPECT_EQ(Answer(Method::kOptions, "/v2/models/m"), "204 ");
  EXPECT_EQ(headers_, "Allow: GET, HEAD, POST, OPTIONS\r\n");
  EXPECT_EQ(Answer(Method::kOptions, "*"), "204 ");
}

TEST_F(RouterTest, LiteralBeatsParameterButDoesNotHideIt) {
  Add(Method::kGet, "/a/b/c");
  Add(Method::kGet, "/a/{model}/d");
  EXPECT_EQ(Answer(Method::kGet, "/a/b/c"), "200 /a/b/c");
  EXPECT_EQ(Answer(Method::kGet, "/a/b/d"), "200 /a/{model}/d model=b");
}

TEST_F(RouterTest, AParameterMayHaveALiteralEnding) {
  Add(Method::kPost, "/v1/models/{model}:predict");
  Add(Method::kPost, "/v1/models/{model}:classify");
  Add(Method::kPost, "/v1/models/{model}");
  EXPECT_EQ(Answer(Method::kPost, "/v1/models/m:predict"),
            "200 /v1/models/{model}:predict model=m");
  EXPECT_EQ(Answer(Method::kPost, "/v1/models/a:b:classify"),
            "200 /v1/models/{model}:classify model=a:b");
  EXPECT_EQ(Answer(Method::kPost, "/v1/models/:predict"), "200 /v1/models/{model} model=:predict");
  EXPECT_EQ(Answer(Method::kPost, "/v1/models/m:other"), "200 /v1/models/{model} model=m:other");
}

TEST_F(RouterTest, LiteralsOfARouteThatSaysSoMatchWithoutCase) {
  Add(Method::kGet, "/v1/models", Access::kHealth, true);
  Add(Method::kGet, "/v1/models/{model}", Access::kHealth, true);
  Add(Method::kGet, "/v1/models/{model}:predict", Access::kHealth, true);
  Add(Method::kGet, "/v1/models/{model}/versions/{version}", Access::kHealth, true);
  Add(Method::kGet, "/v1/models/{model}:explain");
  Add(Method::kGet, "/v1/Models/M/versions/{version}");
  Add(Method::kGet, "/v1/endpoints/{model}");
  const struct {
    std::string target, expected;
  } cases[] = {
      {"/V1/MODELS", "200 /v1/models"},
      {"/V1/Models/Ab", "200 /v1/models/{model} model=Ab"},
      {"/v1/models/Ab:PREDICT", "200 /v1/models/{model}:predict model=Ab"},
      {"/v1/models/Ab:Predict", "200 /v1/models/{model}:predict model=Ab"},
      {"/v1/models/Ab/VERSIONS/Cd",
       "200 /v1/models/{model}/versions/{version} model=Ab version=Cd"},
      {"/v1/models/M/versions/3", "200 /v1/models/{model}/versions/{version} model=M version=3"},
      {"/v1/Models/M/versions/3", "200 /v1/Models/M/versions/{version} version=3"},
      {"/v1/Models/N/versions/3", "200 /v1/models/{model}/versions/{version} model=N version=3"},
      {"/v1/models/Ab:explain", "200 /v1/models/{model}:explain model=Ab"},
      {"/v1/models/Ab:EXPLAIN", "200 /v1/models/{model} model=Ab:EXPLAIN"},
  };
  for (const auto& c : cases) EXPECT_EQ(Answer(Method::kGet, c.target), c.expected) << c.target;
  for (const auto* target : {"/V1/endpoints/a", "/v1/ENDPOINTS/a"})
    EXPECT_THAT(Answer(Method::kGet, target), testing::StartsWith("404 ")) << target;
}

TEST_F(RouterTest, RoutesOfAnotherListenerAreNotThere) {
  Add(Method::kGet, "/health", Access::kHealth);
  Add(Method::kPost, "/load", Access::kControl);
  const uint8_t open = Bit(Access::kHealth) | Bit(Access::kInference);
  EXPECT_TRUE(Answer(Method::kPost, "/load", open).starts_with("404 "));
  EXPECT_TRUE(Answer(Method::kGet, "/load", open).starts_with("404 "));
  EXPECT_TRUE(Answer(Method::kOptions, "/load", open).starts_with("404 "));
  EXPECT_EQ(Answer(Method::kPost, "/load"), "200 /load");
  EXPECT_EQ(Answer(Method::kGet, "/health", open), "200 /health");
}

TEST_F(RouterTest, ADuplicateRouteIsABrokenInvariant) {
  Add(Method::kGet, "/a");
  EXPECT_DEATH(Add(Method::kGet, "/a"), "added once");
}

TEST_F(RouterTest, AReplacedRouteKeepsItsPlaceAndTheLastHandlerAnswers) {
  Add(Method::kGet, "/a");
  Add(Method::kPost, "/a");
  const auto answer = [](Exchange& exchange) {
    exchange.response().body = "other";
    exchange.Send();
  };
  router_.Replace({Method::kGet, "/a", Access::kHealth, answer, ""});
  router_.Replace({Method::kGet, "/new", Access::kHealth, answer, ""});
  EXPECT_EQ(router_.routes().size(), 3u);
  EXPECT_EQ(Answer(Method::kGet, "/a"), "200 other");
  EXPECT_EQ(Answer(Method::kPost, "/a"), "200 /a");
  EXPECT_EQ(Answer(Method::kGet, "/new"), "200 other");
}

}  // namespace
}  // namespace slipway::http
