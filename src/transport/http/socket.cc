#include "transport/http/socket.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>

#include "transport/tls/session.h"

namespace slipway::http {

Socket::Socket(int fd) : descriptor_(fd) {}
Socket::Socket(int fd, std::unique_ptr<tls::Session> tls) : descriptor_(fd), tls_(std::move(tls)) {}
Socket::Socket(Socket&&) noexcept = default;
Socket::~Socket() = default;

Received Socket::ReceiveSecure(std::span<char> room) { return tls_->Receive(room); }

Sent Socket::SendSecure(std::string_view bytes) {
  iovec piece{const_cast<char*>(bytes.data()), bytes.size()};
  return tls_->Send({&piece, 1});
}

Sent Socket::SendSecure(std::span<iovec> pieces) { return tls_->Send(pieces); }

Readiness Socket::TranslateSecure(Readiness ready) const {
  Readiness meant = ready;
  if (ready.writable && tls_->read_waits_for_write()) meant.readable = true;
  if (ready.readable && tls_->write_waits_for_read()) meant.writable = true;
  return meant;
}

void Socket::DropTls() { tls_.reset(); }

void Socket::ShutdownWrite() {
  if (tls_) tls_->ShutdownWrite();
  ::shutdown(fd(), SHUT_WR);
}

void Socket::Close() {
  if (tls_ && descriptor_.is_open()) tls_->ShutdownWrite();
  descriptor_.Close();
}

bool Socket::HasUnread() const {
  int bytes = 0;
  ::ioctl(fd(), FIONREAD, &bytes);
  return bytes > 0 || (tls_ && tls_->HasUnread());
}

size_t Socket::Unsent() const {
  int bytes = 0;
  ::ioctl(fd(), SIOCOUTQ, &bytes);
  return static_cast<size_t>(bytes);
}

}  // namespace slipway::http
