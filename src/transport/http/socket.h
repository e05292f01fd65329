#pragma once
// The byte stream of one connection, non-blocking. Whoever speaks a protocol over it sees plain
// bytes only.

#include <sys/socket.h>
#include <sys/uio.h>

#include <cerrno>
#include <span>
#include <string_view>

#include "transport/http/descriptor.h"
#include "transport/http/transfer.h"

namespace slipway::http {

/// Threads: one at a time.
class Socket {
 public:
  /// Takes over a connected, non-blocking descriptor.
  explicit Socket(int fd) : descriptor_(fd) {}

  /// Fills the front of `room`, which has at least one byte.
  Received Receive(std::span<char> room) {
    const ssize_t n = ::recv(fd(), room.data(), room.size(), 0);
    if (n > 0) {
      const auto bytes = static_cast<size_t>(n);
      // A short read emptied the socket; asking again would only be told so.
      return {.bytes = bytes, .more = bytes == room.size()};
    }
    if (n < 0 && WouldBlock()) return {};
    if (n < 0 && errno == EINTR) return {.more = true};
    return {.ended = true};
  }

  Sent Send(std::string_view bytes) {
    return Result(::send(fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL));
  }
  /// One after the other, as if they were one.
  Sent Send(std::span<iovec> pieces) {
    msghdr message{};
    message.msg_iov = pieces.data();
    message.msg_iovlen = pieces.size();
    return Result(::sendmsg(fd(), &message, MSG_NOSIGNAL));
  }

  /// Tells the peer that nothing more will be sent. What it sends can still be received.
  void ShutdownWrite() { ::shutdown(fd(), SHUT_WR); }
  void Close() { descriptor_.Close(); }

  /// True when bytes of the peer's are here that nobody has received.
  bool HasUnread() const;
  /// Bytes sent that the peer's side has not taken yet.
  size_t Unsent() const;

  /// To wait for; -1 when closed.
  int fd() const { return descriptor_.get(); }

 private:
  static bool WouldBlock() { return errno == EAGAIN || errno == EWOULDBLOCK; }
  static Sent Result(ssize_t n) {
    if (n >= 0) return {.bytes = static_cast<size_t>(n)};
    if (WouldBlock()) return {.blocked = true};
    return {.failed = errno != EINTR};
  }

  Descriptor descriptor_;
};

}  // namespace slipway::http
