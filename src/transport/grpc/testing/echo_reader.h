#pragma once
// A streaming method that does what its messages say.

#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>

#include "transport/grpc/streaming.h"
#include "transport/http/streaming.h"

namespace slipway::grpc {

/// Says everything back; "end" makes it finish, "fail" makes it fail, "stop" stops
/// reading, "more?" asks whether another message is at hand.
class EchoReader final : public http::StreamReader {
 public:
  struct Seen {
    std::atomic<int> messages{0}, half_closes{0}, ends{0};
    std::shared_ptr<http::StreamWriter> writer;
  };
  EchoReader(const http::Exchange& exchange, Seen& seen, std::shared_ptr<http::StreamWriter> writer)
      : exchange_(exchange), seen_(seen), writer_(std::move(writer)) {
    seen_.writer = writer_;
  }
  bool OnMessage(std::shared_ptr<const std::string> message) override {
    ++seen_.messages;
    if (*message == "throw") throw std::runtime_error("a secret of ours");
    if (*message == "broken") {
      writer_->Finish(MakeError(Reason::kInternal, "a secret of ours"));
    } else if (*message == "once more") {  // another thread's wish comes before its answer
      writer_->ReadMore();
      writer_->Write({.body = *message, .parts = {}});
      return false;
    } else if (*message == "fail")
      writer_->Finish(MakeError(Reason::kQueueFull, "100 % full"));
    else if (*message == "end")
      writer_->Finish(OkStatus());
    else if (*message == "more?")
      writer_->Write({.body = exchange_.MoreFollow() ? "yes" : "no", .parts = {}});
    else
      writer_->Write({.body = *message, .parts = {}});
    return *message != "stop";
  }
  void OnHalfClose() override {
    ++seen_.half_closes;
    writer_->Write({.body = "bye", .parts = {}});
    writer_->Finish(OkStatus());
  }
  void OnEnd() override { ++seen_.ends; }
  bool Idle() const override { return true; }

 private:
  const http::Exchange& exchange_;
  Seen& seen_;
  const std::shared_ptr<http::StreamWriter> writer_;
};

/// Adds /test.Echo/Stream. `seen` outlives the router.
inline void AddEchoStream(http::Router& router, EchoReader::Seen& seen) {
  AddStreaming(
      router, "/test.Echo/Stream", http::Access::kInference,
      [&seen](http::Exchange& exchange, std::shared_ptr<http::StreamWriter> writer) {
        return std::make_unique<EchoReader>(exchange, seen, std::move(writer));
      },
      "Echoes.");
}

}  // namespace slipway::grpc
