#pragma once
// HTTP over TCP and Unix sockets, 1.1 and 2 on every listener: one event loop a thread, connections
// stay on the loop that accepted them, handlers run on that loop.

#include <array>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/snapshot.h"
#include "base/status.h"
#include "transport/http/budget.h"
#include "transport/http/router.h"
#include "transport/tls/session.h"

namespace slipway::http {

struct Limits {
  size_t max_body_bytes = 64u << 20;  // before and after decompression
  size_t max_header_bytes = 16u << 10;
  size_t max_headers = 100;
  size_t max_url_bytes = 8u << 10;
  size_t max_connections = 16'000;       // further ones wait in the accept queue
  size_t max_handshakes = 1'000;         // of TLS, in progress: further connections wait there too
  size_t max_buffered_bytes = 1u << 30;  // all request bodies of all connections together
  std::chrono::milliseconds header_timeout{10'000};
  std::chrono::milliseconds idle_timeout{75'000};  // load balancers use 60 s
  size_t min_body_bytes_per_s = 1024;  // slower uploads get 408, slower readers are cut; 0 = any
  std::chrono::milliseconds write_timeout{30'000};  // the window over which a reader's rate counts
};

struct Listener {
  std::string address;  // "127.0.0.1:8080", "[::1]:8080", "unix:/run/slipway.sock"; port 0 = any
  uint8_t access = kAllAccess;  // which routes live here
  bool optional = false;        // an address that is taken is only warned of
  // What new connections begin with; null: plain. May be replaced at any time.
  std::shared_ptr<const Snapshot<tls::Context>> tls = nullptr;
  std::shared_ptr<const Router> router = nullptr;  // the routes that live here; null: the server's
};

struct ServerOptions {
  std::vector<Listener> listeners;
  int threads = 1;
  Limits limits;
  /// What limits.max_buffered_bytes bounds; others may charge it for what belongs to requests.
  std::shared_ptr<Budget> budget = std::make_shared<Budget>();
  std::vector<std::string> trusted_peers;  // addresses or CIDR blocks whose X-Forwarded-For counts
  std::vector<std::string> allowed_hosts;  // besides the bound names and loopback; "*" = any
  std::vector<std::string> cors_origins;   // may read answers across origins; default none
  int grpc_compression = 0;  // level 1 … 9 at which messages to clients are compressed; 0 = not
  /// Offset in the body that should land on a 64-byte boundary, so that a tensor there can be
  /// borrowed; called once the headers are known. Null = 0.
  std::function<size_t(const Request&)> body_alignment;
  /// Called on each loop when all that was at hand is handled, before answers are written: for
  /// requests that were kept to be handled together.
  std::function<void(int loop)> on_handled;
  /// Called on the loop for every finished exchange, after OnSent: access log and metrics.
  std::function<void(const Exchange&, int status, size_t bytes_out)> on_finished;
};

/// Counters since start. Threads: any.
struct ServerStats {
  uint64_t connections_accepted = 0;
  uint64_t connections_open = 0;
  uint64_t requests = 0;
  uint64_t refused_before_routing = 0;  // malformed, over a limit, too slow
  uint64_t bytes_received = 0;
  uint64_t streams_refused = 0;  // of HTTP/2, beyond their number: REFUSED_STREAM
  std::array<uint64_t, tls::kOutcomes> handshakes{};  // by tls::Outcome
};

class Server {
 public:
  /// Binds every listener; nothing is accepted before Start. kIo naming the address when one cannot
  /// be bound; kBadRequest for an address or CIDR block that does not parse.
  static StatusOr<std::unique_ptr<Server>> Create(ServerOptions options,
                                                  std::shared_ptr<const Router> router);
  virtual ~Server() = default;

  virtual void Start() = 0;

  /// "127.0.0.1:8080" as really bound, in the order of the listeners, without optional ones that
  /// could not be.
  virtual std::vector<std::string> addresses() const = 0;

  /// Stops accepting, closes idle connections, answers what was received (Connection: close), then
  /// returns; after `limit` whatever is left is cut. True when nothing was cut. Call once.
  virtual bool Drain(std::chrono::milliseconds limit) = 0;

  /// Runs `f` on every loop soon, without waiting. Threads: any.
  virtual void PostToLoops(std::function<void(int loop)> f) = 0;

  /// May change live. Threads: any.
  virtual void SetLimits(const Limits& limits) = 0;

  virtual ServerStats stats() const = 0;
};

}  // namespace slipway::http
