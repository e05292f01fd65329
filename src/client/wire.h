#pragma once
// What one connection speaks: calls to bytes and back, without a socket.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"
#include "client/endpoint.h"

namespace slipway::client {

struct WireRequest {
  std::string bytes;      // HTTP: the whole request, as Serialise made it; gRPC: the framed message
  std::string path = {};  // gRPC only: "/package.Service/Method"
};

/// Threads: one at a time.
class Wire {
 public:
  struct Answer {
    uint64_t call = 0;
    int status = 0;         // HTTP's, or gRPC's code
    Status error;           // OK for 200, or gRPC's OK
    std::string_view body;  // valid during the call that tells of it
  };
  using OnAnswer = std::function<void(const Answer&)>;

  /// For a new connection to such a server.
  static std::unique_ptr<Wire> Create(const Endpoint& endpoint);
  virtual ~Wire() = default;

  virtual bool CanBegin() const = 0;
  /// @param request  borrowed until the call is answered or cancelled.
  virtual Status Begin(uint64_t call, const WireRequest& request) = 0;
  /// Its answer will not be told. False: that takes closing the connection.
  virtual bool Cancel(uint64_t call) = 0;

  /// What to send next; "" when there is nothing. Valid until another call here.
  virtual StatusOr<std::string_view> Output() = 0;
  /// Bytes from the front of Output() have been sent.
  virtual void Consume(size_t bytes) = 0;

  /// @return kIo saying what is wrong with the bytes: the connection is of no more use.
  virtual Status Receive(std::string_view bytes, const OnAnswer& on_answer) = 0;
  /// The server has shut its side.
  virtual void ReceiveEnd(const OnAnswer& on_answer) = 0;
  /// Every call begun has been answered and no more will be taken.
  virtual bool finished() const = 0;
};

}  // namespace slipway::client
