#pragma once
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "transport/http/testing/test_server.h"
#include "transport/http2/testing/http2_client.h"

namespace slipway::http2 {

/// A server with HTTP/2 whose `/defer` waits for the test and whose `/large` answers 3 MB.
class Http2Test : public testing::Test {
 protected:
  void SetUp() override {
    server_.Add(http::Method::kPost, "/defer", [this](http::Exchange& exchange) {
      auto deferred = exchange.Defer();
      cancelled_ = exchange.cancelled();
      const std::lock_guard lock(mutex_);
      waiting_.push_back(std::move(deferred));
    });
    server_.Add(http::Method::kGet, "/large", [](http::Exchange& exchange) {
      exchange.response().body.assign(3'000'000, 'x');
      exchange.Send();
    });
    server_.options().on_finished = [this](const http::Exchange&, int status, size_t) {
      last_status_ = status;
      ++finished_;
    };
  }
  void TearDown() override {
    waiting_.clear();
    server_.Stop();
  }
  void Start() { server_.Start(); }
  std::string address() { return server_.server().addresses().front(); }
  size_t waiting() {
    const std::lock_guard lock(mutex_);
    return waiting_.size();
  }
  std::shared_ptr<http::Exchange> Next() {
    EXPECT_TRUE(http::Eventually([&] { return waiting() > 0; }));
    const std::lock_guard lock(mutex_);
    auto next = std::move(waiting_.front());
    waiting_.erase(waiting_.begin());
    return next;
  }

  std::mutex mutex_;
  std::vector<std::shared_ptr<http::Exchange>> waiting_;
  std::shared_ptr<const std::atomic<bool>> cancelled_;
  std::atomic<int> last_status_{0}, finished_{0};
  http::TestServer server_;
};

}  // namespace slipway::http2
