#include "transport/tls/socket_bio.h"

#include <sys/socket.h>

#include <cerrno>

#include "transport/tls/session.h"

namespace slipway::tls {
namespace {

bool MayRetry() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

Session& SessionOf(BIO* bio) { return *static_cast<Session*>(BIO_get_data(bio)); }

// A TLS record begins with its type, a small number; a request line with a method.
bool StartsLikeHttp(char first) { return first >= 'A' && first <= 'Z'; }

}  // namespace

BioPtr SocketBio::Create(Session& session) {
  BioPtr bio(BIO_new(Method()));
  if (bio == nullptr) return bio;
  BIO_set_data(bio.get(), &session);
  BIO_set_init(bio.get(), 1);
  return bio;
}

const BIO_METHOD* SocketBio::Method() {
  static const BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket");
    BIO_meth_set_read(made, Read);
    BIO_meth_set_write(made, Write);
    BIO_meth_set_ctrl(made, Control);
    return made;
  }();
  return method;
}

int SocketBio::Read(BIO* bio, char* out, int size) {
  Session& session = SessionOf(bio);
  BIO_clear_retry_flags(bio);
  if (session.drained_) {
    BIO_set_retry_read(bio);
    return -1;
  }
  const ssize_t n = ::recv(session.fd_, out, static_cast<size_t>(size), 0);
  if (n < 0 && MayRetry()) BIO_set_retry_read(bio);
  if (n == 0) session.at_end_ = true;
  if (n <= 0) return static_cast<int>(n);
  session.drained_ = n < size;
  if (!session.any_received_) {
    session.any_received_ = true;
    session.plain_http_ = StartsLikeHttp(out[0]);
    if (session.plain_http_) return -1;  // OpenSSL would answer with an alert
  }
  return static_cast<int>(n);
}

int SocketBio::Write(BIO* bio, const char* bytes, int size) {
  BIO_clear_retry_flags(bio);
  const ssize_t n = ::send(SessionOf(bio).fd_, bytes, static_cast<size_t>(size), MSG_NOSIGNAL);
  if (n < 0 && MayRetry()) BIO_set_retry_write(bio);
  return static_cast<int>(n);
}

long SocketBio::Control(BIO* bio, int command, long, void*) {
  switch (command) {
    case BIO_CTRL_FLUSH:
      return 1;
    case BIO_CTRL_EOF:
      return SessionOf(bio).at_end_ ? 1 : 0;
    default:
      return 0;
  }
}

}  // namespace slipway::tls
