#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/status.h"
#include "client/endpoint.h"
#include "transport/http/socket.h"
#include "transport/tls/client_context.h"

namespace slipway::client {

/// A server, and what it has to prove when it is spoken to over TLS.
struct Target {
  Endpoint endpoint;
  std::shared_ptr<const tls::ClientContext> tls = {};  // not null when endpoint.tls
};

/// A connection to a server, plain or over TLS with the handshake done; closes itself. The calls
/// here wait up to a deadline. Threads: one at a time.
class Connection {
 public:
  Connection() = default;

  /// Tries each address of the name in turn.
  /// @return kIo naming the address and the cause (for TLS a sentence of its own: whose certificate
  ///   is not accepted, and why); kDeadlineExceeded.
  static StatusOr<Connection> Open(const Target& target, TimePoint deadline);

  bool is_open() const { return socket_ != nullptr; }
  void Close() { socket_.reset(); }
  /// For whoever does not want to wait.
  http::Socket& socket() { return *socket_; }

  /// Writes all. kIo when the peer has closed; kDeadlineExceeded.
  Status WriteAll(std::string_view bytes, TimePoint deadline);
  /// Waits for some bytes and appends them to `buffer`; 0 at the end of the stream.
  StatusOr<size_t> Read(std::string& buffer, TimePoint deadline);
  /// After the end of the stream: why, as far as the peer said so. "closed the connection before it
  /// answered"
  std::string EndText() const;

 private:
  explicit Connection(std::unique_ptr<http::Socket> socket) : socket_(std::move(socket)) {}

  std::unique_ptr<http::Socket> socket_;
};

}  // namespace slipway::client
