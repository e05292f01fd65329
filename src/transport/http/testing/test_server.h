#pragma once
// A server on loopback with a few routes that answer from themselves.

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "transport/http/server.h"
#include "transport/http/testing/raw_client.h"

namespace slipway::http {

class TestServer {
 public:
  /// Routes besides those of the constructor: add before Start.
  Router& router() { return *router_; }
  ServerOptions& options() { return options_; }
  Limits& limits() { return options_.limits; }

  TestServer() : router_(std::make_shared<Router>()) {
    options_.listeners = {{"127.0.0.1:0", kAllAccess}};
    Add(Method::kGet, "/hello", [](Exchange& exchange) {
      exchange.response().body = "hello";
      exchange.Send();
    });
    Add(Method::kPost, "/echo", [](Exchange& exchange) {
      exchange.response().body = std::string(exchange.request().body_text());
      exchange.Send();
    });
    Add(Method::kPost, "/size", [](Exchange& exchange) {
      exchange.response().body = std::to_string(exchange.request().body.size());
      exchange.Send();
    });
  }

  void Add(Method method, std::string pattern, Handler handler,
           Access access = Access::kInference) {
    router_->Add({method, std::move(pattern), access,
                  [this, handler = std::move(handler)](Exchange& exchange) {
                    ++executed_;
                    handler(exchange);
                  },
                  "A test."});
  }

  void Start() {
    auto server = Server::Create(options_, router_);
    ASSERT_TRUE(server.ok()) << MessageOf(server.status());
    server_ = *std::move(server);
    server_->Start();
  }
  void Stop() { server_.reset(); }

  RawClient Connect(size_t listener = 0) const { return RawClient(server_->addresses()[listener]); }
  Server& server() { return *server_; }
  /// How often a handler was called.
  int executed() const { return executed_; }

 private:
  std::shared_ptr<Router> router_;
  ServerOptions options_;
  std::atomic<int> executed_{0};
  std::unique_ptr<Server> server_;
};

/// "METHOD target" with a Host and, when given, further header lines and a body with its length.
inline std::string RequestText(std::string_view line, std::string_view headers = {},
                               std::string_view body = {}) {
  std::string text = std::string(line) + " HTTP/1.1\r\nHost: localhost\r\n" + std::string(headers);
  if (!body.empty()) text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  return text + "\r\n" + std::string(body);
}

/// Polls `condition` until it holds or ten seconds have passed.
inline bool Eventually(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

}  // namespace slipway::http
