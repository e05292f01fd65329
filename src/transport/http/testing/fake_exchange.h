#pragma once
// An exchange without a connection: handlers and the router are tested with it.

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "transport/http/exchange.h"

namespace slipway::http {

class FakeExchange final : public Exchange {
 public:
  FakeExchange(Method method, std::string target, std::string body = {})
      : target_(std::move(target)), body_(std::move(body)) {
    request_.method = method;
    request_.target = target_;
    const size_t question = target_.find('?');
    request_.path = std::string_view(target_).substr(0, question);
    if (question != std::string::npos)
      request_.query = std::string_view(target_).substr(question + 1);
    request_.body = std::as_bytes(std::span(body_));
    request_.peer = "127.0.0.1";
    request_id_ = "test-request";
  }

  /// `name` and `value` must outlive the exchange.
  void AddRequestHeader(std::string_view name, std::string_view value) {
    request_.headers.push_back({name, value});
  }

  void Send() override { sent_ = true; }
  std::shared_ptr<Exchange> Defer() override {
    cancelled_ = std::make_shared<std::atomic<bool>>(false);
    return {cancelled_, this};
  }
  bool MoreFollow() const override { return false; }
  std::shared_ptr<const std::atomic<bool>> cancelled() const override { return cancelled_; }

  bool sent() const { return sent_; }
  /// Body and parts, as a client would receive them.
  std::string answer() const {
    std::string all = response_.body;
    for (const BodyPart& part : response_.parts)
      all.append(reinterpret_cast<const char*>(part.bytes.data()), part.bytes.size());
    return all;
  }

 private:
  std::string target_;
  std::string body_;
  std::atomic<bool> sent_{false};
  std::shared_ptr<std::atomic<bool>> cancelled_;
};

}  // namespace slipway::http
