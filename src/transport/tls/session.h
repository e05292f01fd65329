#pragma once
// TLS on one connection: OpenSSL between a socket and whoever reads and writes plain bytes
// (docs/adr/0019).

#include <sys/uio.h>

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "transport/http/transfer.h"
#include "transport/tls/client_context.h"
#include "transport/tls/context.h"

namespace slipway::tls {

/// How a server's handshake ended.
enum class Outcome : uint8_t {
  kCompleted,
  kPlainHttp,          // the client speaks without TLS
  kClientCertificate,  // it showed none, or one that is not accepted
  kRefusedByClient,    // it sent an alert: most often our certificate is not accepted
  kProtocol,           // no version, cipher or protocol in common, or no TLS at all
  kClientGone,
  kTimeout,
};
inline constexpr size_t kOutcomes = 7;
/// "completed", "plain_http", …
std::string_view NameOf(Outcome outcome);

/// Threads: one at a time. Stays where it is.
class Session {
 public:
  /// @param fd  connected and non-blocking; borrowed.
  /// @return null when there is no memory.
  static std::unique_ptr<Session> Accept(const Context& context, int fd);
  /// The client's side.
  /// @param host  name or IP address that the server's certificate has to be for.
  static std::unique_ptr<Session> Connect(const ClientContext& context, int fd,
                                          const std::string& host);

  enum class Progress : uint8_t { kDone, kWaiting, kFailed };
  /// Goes on with the handshake: again at each readiness until it is no longer kWaiting.
  Progress Handshake();
  /// After kFailed; failure_detail() also after Receive has told of an end that the peer's alert
  /// explains.
  Outcome failure() const { return failure_; }
  const std::string& failure_detail() const { return failure_detail_; }

  /// After kDone. As http::Socket says.
  http::Received Receive(std::span<char> room);
  http::Sent Send(std::span<iovec> pieces);
  /// Tells the peer that nothing more will be sent, if there is room to say so.
  void ShutdownWrite();

  /// Something was received and not yet asked for.
  bool HasUnread() const;
  /// Reading waits until the socket is writable, or writing until it is readable.
  bool read_waits_for_write() const { return read_waits_for_write_; }
  bool write_waits_for_read() const { return write_waits_for_read_; }

  /// What both agreed to speak: "h2", "http/1.1"; "" when the client did not ask.
  std::string_view protocol() const;
  /// The subject of the client's certificate, "" when it showed none.
  const std::string& peer_subject() const { return peer_subject_; }

 private:
  friend struct SocketBio;
  explicit Session(int fd) : fd_(fd) {}
  static std::unique_ptr<Session> Create(SSL_CTX* context, int fd);

  Progress Fail(int error);

  const int fd_;
  SslPtr ssl_;
  bool drained_ = false;  // the last read of this call emptied the socket
  bool at_end_ = false;   // the peer has shut its side
  bool any_received_ = false;
  bool plain_http_ = false;  // the peer speaks without TLS
  bool broken_ = false;      // OpenSSL must not be asked for anything more
  bool read_waits_for_write_ = false;
  bool write_waits_for_read_ = false;
  Outcome failure_ = Outcome::kProtocol;
  std::string failure_detail_;
  std::string peer_subject_;
};

}  // namespace slipway::tls
