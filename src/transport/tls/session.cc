#include "transport/tls/session.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "transport/tls/socket_bio.h"

namespace slipway::tls {
namespace {

constexpr size_t kRecord = SSL3_RT_MAX_PLAIN_LENGTH;

// The next record's content: where it lies, or, when it lies in pieces, put together in `room`.
// The same pieces give the same content, as a write that was blocked has to be repeated.
std::string_view NextRecord(std::span<const iovec> pieces, std::span<char, kRecord> room) {
  const auto first_size = std::min(pieces.front().iov_len, kRecord);
  const std::string_view first(static_cast<const char*>(pieces.front().iov_base), first_size);
  if (pieces.size() == 1 || first_size == kRecord) return first;
  size_t size = 0;
  for (const iovec& piece : pieces) {
    const size_t n = std::min(piece.iov_len, kRecord - size);
    std::memcpy(room.data() + size, piece.iov_base, n);
    size += n;
    if (size == kRecord) break;
  }
  return {room.data(), size};
}

void Advance(std::span<iovec>& pieces, size_t bytes) {
  while (!pieces.empty() && bytes >= pieces.front().iov_len) {
    bytes -= pieces.front().iov_len;
    pieces = pieces.subspan(1);
  }
  if (pieces.empty()) return;
  pieces.front().iov_base = static_cast<char*>(pieces.front().iov_base) + bytes;
  pieces.front().iov_len -= bytes;
}

Outcome Classify(unsigned long error) {
  if (ERR_GET_LIB(error) != ERR_LIB_SSL) return Outcome::kProtocol;
  const int reason = ERR_GET_REASON(error);
  if (reason == SSL_R_UNEXPECTED_EOF_WHILE_READING) return Outcome::kClientGone;
  if (reason == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE ||
      reason == SSL_R_CERTIFICATE_VERIFY_FAILED)
    return Outcome::kClientCertificate;
  return reason > SSL_AD_REASON_OFFSET ? Outcome::kRefusedByClient : Outcome::kProtocol;
}

}  // namespace

std::string_view NameOf(Outcome outcome) {
  constexpr std::array<std::string_view, kOutcomes> kNames = {
      "completed",   "plain_http", "client_certificate", "refused_by_client", "protocol",
      "client_gone", "timeout"};
  return kNames[static_cast<size_t>(outcome)];
}

std::unique_ptr<Session> Session::Create(SSL_CTX* context, int fd) {
  std::unique_ptr<Session> session(new Session(fd));
  session->ssl_.reset(SSL_new(context));
  BioPtr bio = SocketBio::Create(*session);
  if (session->ssl_ == nullptr || bio == nullptr) return nullptr;
  BIO* const both = bio.release();
  SSL_set_bio(session->ssl_.get(), both, both);  // takes it over, once
  return session;
}

std::unique_ptr<Session> Session::Accept(const Context& context, int fd) {
  std::unique_ptr<Session> session = Create(context.get(), fd);
  if (session) SSL_set_accept_state(session->ssl_.get());
  return session;
}

std::unique_ptr<Session> Session::Connect(const ClientContext& context, int fd,
                                          const std::string& host) {
  std::unique_ptr<Session> session = Create(context.get(), fd);
  if (session == nullptr) return nullptr;
  SSL* const ssl = session->ssl_.get();
  SSL_set_connect_state(ssl);
  // An address is compared with the certificate's addresses and never sent as a name (RFC 6066).
  if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str()) == 1) return session;
  ERR_clear_error();
  SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  if (SSL_set1_host(ssl, host.c_str()) != 1 || SSL_set_tlsext_host_name(ssl, host.c_str()) != 1)
    return nullptr;
  return session;
}

Session::Progress Session::Handshake() {
  ERR_clear_error();
  drained_ = false;
  const int result = SSL_do_handshake(ssl_.get());
  if (result == 1) {
    if (const X509* peer = SSL_get0_peer_certificate(ssl_.get()))
      peer_subject_ = NameText(X509_get_subject_name(peer));
    return Progress::kDone;
  }
  const int error = SSL_get_error(ssl_.get(), result);
  if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return Progress::kWaiting;
  return Fail(error);
}

Session::Progress Session::Fail(int error) {
  broken_ = true;
  if (plain_http_) {
    failure_ = Outcome::kPlainHttp;
    failure_detail_ = "plain HTTP";
  } else if (error == SSL_ERROR_SSL) {
    failure_ = Classify(ERR_peek_error());
    failure_detail_ = TakeError();
    if (const long verified = SSL_get_verify_result(ssl_.get()); verified != X509_V_OK)
      failure_detail_ += std::string(": ") + X509_verify_cert_error_string(verified);
  } else {
    failure_ = Outcome::kClientGone;
    failure_detail_ = "the client has gone";
  }
  ERR_clear_error();
  return Progress::kFailed;
}

http::Received Session::Receive(std::span<char> room) {
  if (broken_) return {.ended = true};
  ERR_clear_error();
  drained_ = read_waits_for_write_ = false;
  size_t filled = 0;
  while (filled < room.size()) {
    size_t n = 0;
    const int result = SSL_read_ex(ssl_.get(), room.data() + filled, room.size() - filled, &n);
    filled += n;
    if (result == 1) continue;
    const int error = SSL_get_error(ssl_.get(), result);
    // A read that was short has emptied socket and session: readiness tells of more.
    if (error == SSL_ERROR_WANT_READ) return {.bytes = filled};
    if (error == SSL_ERROR_WANT_WRITE) {
      read_waits_for_write_ = true;
      return {.bytes = filled};
    }
    if (error == SSL_ERROR_SSL) Fail(error);
    broken_ = error != SSL_ERROR_ZERO_RETURN;
    return filled > 0 ? http::Received{.bytes = filled, .more = true}
                      : http::Received{.ended = true};
  }
  return {.bytes = filled, .more = true};
}

http::Sent Session::Send(std::span<iovec> pieces) {
  if (broken_) return {.failed = true};
  write_waits_for_read_ = false;
  std::array<char, kRecord> room;
  size_t sent = 0;
  for (Advance(pieces, 0); !pieces.empty();) {
    const std::string_view record = NextRecord(pieces, room);
    ERR_clear_error();
    size_t n = 0;
    const int result = SSL_write_ex(ssl_.get(), record.data(), record.size(), &n);
    if (result != 1) {
      const int error = SSL_get_error(ssl_.get(), result);
      write_waits_for_read_ = error == SSL_ERROR_WANT_READ;
      broken_ = !write_waits_for_read_ && error != SSL_ERROR_WANT_WRITE;
      // What was taken is told first; who goes on is told the rest.
      return {.bytes = sent, .blocked = sent == 0 && !broken_, .failed = sent == 0 && broken_};
    }
    sent += n;
    Advance(pieces, n);
  }
  return {.bytes = sent};
}

void Session::ShutdownWrite() {
  if (broken_ || SSL_is_init_finished(ssl_.get()) == 0) return;
  ERR_clear_error();
  SSL_shutdown(ssl_.get());
  ERR_clear_error();
}

bool Session::HasUnread() const { return !broken_ && SSL_has_pending(ssl_.get()) == 1; }

std::string_view Session::protocol() const {
  const unsigned char* name = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl_.get(), &name, &size);
  return {reinterpret_cast<const char*>(name), size};
}

}  // namespace slipway::tls
