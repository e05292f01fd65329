#pragma once
// The route table: which pattern and method goes to which handler, and what the route is for. Every
// later description of the API is generated from it.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "transport/http/contract.h"
#include "transport/http/exchange.h"
#include "transport/http/streaming.h"

namespace slipway::http {

/// What a route does to the server, which decides on which listener it lives and who may call it.
enum class Access : uint8_t {
  kHealth,     // health, metadata, metrics: read only
  kInference,  // runs models
  kControl,    // changes state: model load and unload
};

struct Route {
  Method method = Method::kGet;  // kGet also answers HEAD
  std::string pattern;  // "/v2/models/{model}/versions/{version}/infer"; a literal beats {…}.
                        // A parameter may have a literal ending: "/v1/models/{model}:predict"
  Access access = Access::kHealth;
  Handler handler;
  std::string summary;    // one sentence, for the description of the API
  Contract contract{};    // the rest of the description; of gRPC methods their .proto says it
  bool is_grpc = false;   // for gRPC calls only; other routes are for all others only
  StreamOpener open{};    // instead of the handler, for gRPC's streaming methods
  bool any_case = false;  // the pattern's literals match without case
};

/// Immutable once serving starts. Threads: Dispatch from any.
class Router {
 public:
  /// CHECK-fails on a duplicate method + pattern: the table is our own code.
  void Add(Route route);
  /// As Add, but takes the place of a route of that method and pattern.
  void Replace(Route route);

  /// Splits the path at '/', percent-decodes each segment, finds the route, calls its handler.
  /// Unknown path: 404 naming it; known path, wrong method: 405 with Allow; bad percent-encoding, a
  /// parameter without text: 400; OPTIONS on a known path: 204 with Allow. Routes whose access is
  /// not in `allowed` are 404 (they live on another listener). A method for gRPC that is called in
  /// another way: 415.
  void Dispatch(Exchange& exchange, uint8_t allowed) const;

  /// The first half of Dispatch: the route, with the exchange's params() and route() set; or null,
  /// and response() holds the answer. For deciding about a request before its body is read.
  const Route* Match(Exchange& exchange, uint8_t allowed) const;

  const std::vector<Route>& routes() const { return routes_; }

 private:
  struct Node;
  struct Search;
  struct Tree;
  Node& NodeFor(std::string_view pattern);
  std::string AllowedMethods(const Node& node, uint8_t allowed) const;

  std::vector<Route> routes_;
  std::shared_ptr<Tree> tree_;
};

constexpr uint8_t Bit(Access access) { return uint8_t(1u << static_cast<int>(access)); }
inline constexpr uint8_t kAllAccess = 7;

}  // namespace slipway::http
