#pragma once
// One request and its answer. An exchange belongs to its connection, which has one at a time, and
// is reused for the next request.

#include <absl/container/inlined_vector.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "transport/http/message.h"

namespace slipway::http {

/// Decoded path parameters of the matched route, in pattern order: "/v2/models/{model}/ready".
class RouteParams {
 public:
  std::string_view operator[](std::string_view name) const;  // "" when the pattern has none
  void Add(std::string_view name, std::string value) {
    values_.push_back({name, std::move(value)});
  }
  void Clear() { values_.clear(); }
  size_t size() const { return values_.size(); }

 private:
  struct Param {
    std::string_view name;  // lives in the route table
    std::string value;      // percent-decoded
  };
  absl::InlinedVector<Param, 3> values_;
};

struct Route;

class Exchange {
 public:
  virtual ~Exchange() = default;

  const Request& request() const { return request_; }
  const RouteParams& params() const { return params_; }
  Response& response() { return response_; }
  /// The route that was matched ("/v2/models/{model}/infer"), "" when none was.
  std::string_view route() const { return route_; }
  /// A gRPC call: request().body is a message, and so is the answer (transport/grpc/unary.h).
  bool is_grpc() const { return is_grpc_; }
  /// What the listener offers that the request came to: Bit()s of Access, once a route was matched.
  uint8_t offered() const { return offered_; }
  /// Index of the I/O thread, 0 … threads − 1.
  int loop() const { return loop_; }
  /// The client's own X-Request-Id (printable ASCII, ≤ 128), else one made here. Returned in the
  /// answer.
  std::string_view request_id() const { return request_id_; }

  /// Sends response(). Exactly once per exchange; from any thread (another thread hands it to the
  /// loop). Nothing of the exchange may be touched afterwards.
  virtual void Send() = 0;

  /// Keeps the exchange alive past the handler's return, for an answer from another thread. When
  /// every copy is gone and Send was not called, the client gets 500.
  virtual std::shared_ptr<Exchange> Defer() = 0;

  /// Other requests are at hand on this I/O thread, and come before ServerOptions::on_handled is
  /// called. A guess that may be wrong.
  virtual bool MoreFollow() const = 0;

  /// Set when the client has gone while the answer is being computed. Null until Defer was called.
  virtual std::shared_ptr<const std::atomic<bool>> cancelled() const = 0;

  /// Called on the loop after the last byte of the answer was handed to the kernel, with that
  /// moment. Cleared for the next exchange.
  void OnSent(std::function<void(TimePoint)> callback) { on_sent_ = std::move(callback); }

 protected:
  friend class Router;
  Request request_;
  RouteParams params_;
  Response response_;
  std::string_view route_;
  const Route* matched_ = nullptr;  // the route that the head leads to, once it was looked for
  std::string request_id_;
  std::function<void(TimePoint)> on_sent_;
  int loop_ = 0;
  uint8_t offered_ = 0;
  bool is_grpc_ = false;
};

using Handler = std::function<void(Exchange&)>;

/// Sends `why` as the answer (RespondWithError), to a gRPC call as its status.
void Refuse(Exchange& exchange, const Status& why);

}  // namespace slipway::http
