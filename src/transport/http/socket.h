#pragma once
// The byte stream of one connection, non-blocking: the kernel's, or TLS over it. Whoever speaks a
// protocol over it sees plain bytes only.

#include <sys/socket.h>
#include <sys/uio.h>

#include <cerrno>
#include <memory>
#include <span>
#include <string_view>

#include "transport/http/descriptor.h"
#include "transport/http/kernel_calls.h"
#include "transport/http/transfer.h"

namespace slipway::tls {
class Session;
}

namespace slipway::http {

/// Threads: one at a time.
class Socket {
 public:
  /// Takes over a connected, non-blocking descriptor.
  explicit Socket(int fd);
  /// `tls` is over the same descriptor, its handshake still to be done; null: plain.
  Socket(int fd, std::unique_ptr<tls::Session> tls);
  Socket(Socket&&) noexcept;
  ~Socket();

  /// Fills the front of `room`, which has at least one byte.
  Received Receive(std::span<char> room) {
    if (tls_) return ReceiveSecure(room);
    const ssize_t n = KernelReceive(fd(), room.data(), room.size());
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
    if (tls_) return SendSecure(bytes);
    return Result(KernelSend(fd(), bytes.data(), bytes.size()));
  }
  /// One after the other, as if they were one. `pieces` are changed.
  Sent Send(std::span<iovec> pieces) {
    if (tls_) return SendSecure(pieces);
    msghdr message{};
    message.msg_iov = pieces.data();
    message.msg_iovlen = pieces.size();
    return Result(::sendmsg(fd(), &message, MSG_NOSIGNAL));
  }

  /// Tells the peer that nothing more will be sent. What it sends can still be received.
  void ShutdownWrite();
  void Close();

  /// True when bytes of the peer's are here that nobody has received.
  bool HasUnread() const;
  /// Bytes sent that the peer's side has not taken yet.
  size_t Unsent() const;

  /// To wait for, under TLS from the start for both reading and writing; -1 when closed.
  int fd() const { return descriptor_.get(); }
  /// What the readiness of fd() means: under TLS reading may have waited to write, and writing to
  /// read.
  Readiness Translate(Readiness ready) const { return tls_ ? TranslateSecure(ready) : ready; }

  /// Null: plain.
  tls::Session* tls() const { return tls_.get(); }
  /// From now on plain: for the answer to a client that does not speak TLS.
  void DropTls();

 private:
  static bool WouldBlock() { return errno == EAGAIN || errno == EWOULDBLOCK; }
  static Sent Result(ssize_t n) {
    if (n >= 0) return {.bytes = static_cast<size_t>(n)};
    if (WouldBlock()) return {.blocked = true};
    return {.failed = errno != EINTR};
  }

  Received ReceiveSecure(std::span<char> room);
  Sent SendSecure(std::string_view bytes);
  Sent SendSecure(std::span<iovec> pieces);
  Readiness TranslateSecure(Readiness ready) const;

  Descriptor descriptor_;
  std::unique_ptr<tls::Session> tls_;
};

}  // namespace slipway::http
