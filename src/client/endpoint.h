#pragma once
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/status.h"

namespace slipway::client {

/// Where a server is, and the path that a URL names there.
struct Endpoint {
  std::string host;  // name or IP address, without brackets; "" for Unix sockets
  int port = 0;
  std::string unix_path;    // "" for TCP
  std::string path;         // begins with '/', never ends with one unless it is all there is
  std::string host_header;  // "127.0.0.1:8080", "localhost" for Unix sockets

  /// "http://HOST[:PORT][/path]" (port 80 when none) or "unix:/socket[:/path]". kBadRequest saying
  /// what was expected; https is kNotOffered.
  static StatusOr<Endpoint> Parse(std::string_view url);
};

/// True for texts that Endpoint::Parse is meant for: a scheme is there.
bool LooksLikeUrl(std::string_view text);

/// A connected stream socket; closes itself. Non-blocking: the calls here wait with poll up to a
/// deadline.
class Socket {
 public:
  Socket() = default;
  explicit Socket(int fd) : fd_(fd) {}
  Socket(Socket&& other) noexcept;
  Socket& operator=(Socket&& other) noexcept;
  ~Socket();

  /// Tries each address of the name in turn. kIo naming the address and the cause;
  /// kDeadlineExceeded.
  static StatusOr<Socket> Connect(const Endpoint& endpoint, TimePoint deadline);

  bool valid() const { return fd_ >= 0; }
  int fd() const { return fd_; }
  void Close();

  /// Writes all. kIo when the peer has closed; kDeadlineExceeded.
  Status WriteAll(std::string_view bytes, TimePoint deadline);
  /// Waits for some bytes and appends them to `buffer`; 0 at the end of the stream.
  StatusOr<size_t> Read(std::string& buffer, TimePoint deadline);

 private:
  int fd_ = -1;
};

}  // namespace slipway::client
