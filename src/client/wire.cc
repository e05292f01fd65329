#include "client/wire.h"

#include <optional>
#include <utility>

#include "client/grpc_session.h"
#include "client/http_infer_client.h"
#include "client/response_parser.h"

namespace slipway::client {
namespace {

/// HTTP/1.1: one call at a time.
class HttpWire final : public Wire {
 public:
  bool CanBegin() const override { return !call_ && !finished_; }

  Status Begin(uint64_t call, const WireRequest& request) override {
    call_ = call;
    unsent_ = request.bytes;
    parser_.Reset();
    return OkStatus();
  }
  bool Cancel(uint64_t) override { return false; }

  StatusOr<std::string_view> Output() override { return unsent_; }
  void Consume(size_t bytes) override { unsent_.remove_prefix(bytes); }

  Status Receive(std::string_view bytes, const OnAnswer& on_answer) override {
    if (!call_) return Error(Reason::kIo, "bytes that answer no request");
    buffer_.append(bytes);
    ASSIGN_OR_RETURN(const bool done, parser_.Feed(buffer_));
    if (done) Complete(on_answer);
    return OkStatus();
  }
  void ReceiveEnd(const OnAnswer& on_answer) override {
    if (call_ && parser_.Finish()) Complete(on_answer);
  }
  bool finished() const override { return finished_; }

 private:
  void Complete(const OnAnswer& on_answer) {
    const HttpResponse& response = parser_.response();
    finished_ = !response.keep_alive || !unsent_.empty();
    on_answer({*std::exchange(call_, std::nullopt), response.status,
               response.status == 200 ? OkStatus() : ErrorOf(response), response.body});
  }

  ResponseParser parser_{{.keep_headers = false}};
  std::string buffer_;
  std::optional<uint64_t> call_;
  std::string_view unsent_;
  bool finished_ = false;
};

class GrpcWire final : public Wire {
 public:
  explicit GrpcWire(const Endpoint& endpoint) : session_(endpoint) {}

  bool CanBegin() const override { return session_.CanBegin(); }
  Status Begin(uint64_t call, const WireRequest& request) override {
    return session_.Begin(call, request.path, request.bytes);
  }
  bool Cancel(uint64_t call) override {
    session_.Cancel(call);
    return true;
  }
  StatusOr<std::string_view> Output() override { return session_.Output(); }
  void Consume(size_t bytes) override { session_.Consume(bytes); }
  Status Receive(std::string_view bytes, const OnAnswer& on_answer) override {
    RETURN_IF_ERROR(session_.Receive(bytes));
    for (const GrpcAnswer& answer : session_.TakeAnswers())
      on_answer({answer.call, answer.code, answer.status, answer.message});
    return OkStatus();
  }
  void ReceiveEnd(const OnAnswer&) override {}
  bool finished() const override { return session_.finished(); }

 private:
  GrpcSession session_;
};

}  // namespace

std::unique_ptr<Wire> Wire::Create(const Endpoint& endpoint) {
  if (endpoint.protocol == Protocol::kGrpc) return std::make_unique<GrpcWire>(endpoint);
  return std::make_unique<HttpWire>();
}

}  // namespace slipway::client
