#include "client/connection.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/check.h"
#include "transport/tls/session.h"

namespace slipway::client {
namespace {

using http::Descriptor;

constexpr size_t kReadSize = 64u << 10;

Status WaitFor(int fd, short events, TimePoint deadline) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - SteadyClock().Now());
    if (left.count() <= 0) return Error(Reason::kDeadlineExceeded, "no answer in time");
    pollfd entry{fd, events, 0};
    const int ready = poll(&entry, 1, static_cast<int>(std::min<int64_t>(left.count(), 1'000'000)));
    if (ready > 0) return OkStatus();
    if (ready < 0 && errno != EINTR) return Error(Reason::kIo, "poll: {}", std::strerror(errno));
  }
}

StatusOr<Descriptor> ConnectTo(const sockaddr* address, socklen_t size, TimePoint deadline) {
  Descriptor socket(::socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket.is_open()) return Error(Reason::kIo, "socket: {}", std::strerror(errno));
  if (address->sa_family != AF_UNIX) {
    const int on = 1;
    setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  }
  if (connect(socket.get(), address, size) == 0) return socket;
  if (errno != EINPROGRESS) return Error(Reason::kIo, "{}", std::strerror(errno));
  RETURN_IF_ERROR(WaitFor(socket.get(), POLLOUT, deadline));
  int error = 0;
  socklen_t error_size = sizeof(error);
  getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &error_size);
  if (error != 0) return Error(Reason::kIo, "{}", std::strerror(error));
  return socket;
}

StatusOr<Descriptor> ConnectTcp(const Endpoint& endpoint, TimePoint deadline) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error =
      getaddrinfo(endpoint.host.c_str(), std::to_string(endpoint.port).c_str(), &hints, &found);
  if (error != 0) return Error(Reason::kIo, "{}", gai_strerror(error));
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, &freeaddrinfo);
  Status last = Error(Reason::kIo, "the name has no address");
  for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next) {
    StatusOr<Descriptor> socket = ConnectTo(entry->ai_addr, entry->ai_addrlen, deadline);
    if (socket.ok()) return socket;
    last = socket.status();
  }
  return last;
}

StatusOr<Descriptor> ConnectUnix(const Endpoint& endpoint, TimePoint deadline) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  endpoint.unix_path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  return ConnectTo(reinterpret_cast<const sockaddr*>(&address), sizeof(address), deadline);
}

Status HandshakeFailed(const tls::Session& session) {
  const std::string& why = session.failure_detail();
  switch (session.failure()) {
    case tls::Outcome::kPlainHttp:
      return Error(Reason::kIo, "the server speaks without TLS: use http:// or grpc://");
    case tls::Outcome::kClientCertificate:
      return Error(Reason::kIo, "the server's certificate is not accepted: {}", why);
    case tls::Outcome::kRefusedByClient:
      return Error(Reason::kIo, "the server refuses the handshake: {}", why);
    case tls::Outcome::kClientGone:
      return Error(Reason::kIo, "the server closed the connection during the TLS handshake");
    default:
      return Error(Reason::kIo, "the TLS handshake failed: {}", why);
  }
}

StatusOr<std::unique_ptr<tls::Session>> Secure(const Target& target, int fd, TimePoint deadline) {
  SLIPWAY_CHECK(target.tls != nullptr, "who speaks TLS has a context");
  auto session = tls::Session::Connect(*target.tls, fd, target.endpoint.host);
  if (session == nullptr) return Error(Reason::kIo, "TLS cannot be set up: {}", tls::TakeError());
  for (;;) {
    const tls::Session::Progress progress = session->Handshake();
    if (progress == tls::Session::Progress::kDone) break;
    if (progress == tls::Session::Progress::kFailed) return HandshakeFailed(*session);
    RETURN_IF_ERROR(WaitFor(fd, POLLIN, deadline));
  }
  if (target.endpoint.protocol == Protocol::kGrpc && session->protocol() != "h2")
    return Error(Reason::kIo, "the server does not offer HTTP/2 (h2 by ALPN), which gRPC needs");
  return session;
}

StatusOr<std::unique_ptr<http::Socket>> Dial(const Target& target, TimePoint deadline) {
  const bool is_unix = !target.endpoint.unix_path.empty();
  ASSIGN_OR_RETURN(Descriptor descriptor, is_unix ? ConnectUnix(target.endpoint, deadline)
                                                  : ConnectTcp(target.endpoint, deadline));
  if (!target.endpoint.tls) return std::make_unique<http::Socket>(descriptor.Release());
  ASSIGN_OR_RETURN(auto session, Secure(target, descriptor.get(), deadline));
  return std::make_unique<http::Socket>(descriptor.Release(), std::move(session));
}

}  // namespace

StatusOr<Connection> Connection::Open(const Target& target, TimePoint deadline) {
  StatusOr<std::unique_ptr<http::Socket>> socket = Dial(target, deadline);
  if (socket.ok()) return Connection(*std::move(socket));
  const Endpoint& endpoint = target.endpoint;
  return Annotate(socket.status(),
                  fmt::format("connect to {}", endpoint.unix_path.empty() ? endpoint.host_header
                                                                          : endpoint.unix_path));
}

Status Connection::WriteAll(std::string_view bytes, TimePoint deadline) {
  while (!bytes.empty()) {
    const http::Sent sent = socket_->Send(bytes);
    bytes.remove_prefix(sent.bytes);
    if (sent.failed) return Error(Reason::kIo, "the server {}", EndText());
    const bool wants_read = socket_->tls() != nullptr && socket_->tls()->write_waits_for_read();
    if (sent.blocked)
      RETURN_IF_ERROR(WaitFor(socket_->fd(), wants_read ? POLLIN : POLLOUT, deadline));
  }
  return OkStatus();
}

StatusOr<size_t> Connection::Read(std::string& buffer, TimePoint deadline) {
  const size_t before = buffer.size();
  for (;;) {
    buffer.resize(before + kReadSize);
    const http::Received got = socket_->Receive({buffer.data() + before, kReadSize});
    buffer.resize(before + got.bytes);
    if (got.bytes > 0 || got.ended) return got.bytes;
    const bool wants_write = socket_->tls() != nullptr && socket_->tls()->read_waits_for_write();
    if (!got.more)
      RETURN_IF_ERROR(WaitFor(socket_->fd(), wants_write ? POLLOUT : POLLIN, deadline));
  }
}

std::string Connection::EndText() const {
  std::string text = "closed the connection before it answered";
  // Under TLS 1.3 a server refuses a client's certificate after the client's handshake is done.
  if (socket_->tls() != nullptr && !socket_->tls()->failure_detail().empty())
    text += ": " + socket_->tls()->failure_detail();
  return text;
}

}  // namespace slipway::client
