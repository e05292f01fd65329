#include "transport/http/acceptor.h"

#include <netinet/tcp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/log.h"

namespace slipway::http {
namespace {

constexpr int kBacklog = 4096;  // the kernel cuts it to net.core.somaxconn
constexpr int kPerTurn = 64;
constexpr mode_t kUnixMode = 0660;

Status Failed(const Endpoint& endpoint, std::string_view what) {
  return Error(Reason::kIo, "{}: {}: {}", endpoint.ToString(), what, std::strerror(errno));
}

// A socket file whose server has died refuses connections.
Status RemoveStaleSocket(const Endpoint& endpoint) {
  struct stat info;
  if (::lstat(endpoint.unix_path().c_str(), &info) != 0) return OkStatus();
  if (!S_ISSOCK(info.st_mode))
    return Error(Reason::kIo, "{}: a file is in the way that is not a socket", endpoint.ToString());
  const Descriptor probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (::connect(probe.get(), reinterpret_cast<const sockaddr*>(&endpoint.storage),
                endpoint.length) == 0)
    return Error(Reason::kIo, "{}: another server listens there", endpoint.ToString());
  if (errno == ECONNREFUSED && ::unlink(endpoint.unix_path().c_str()) == 0) return OkStatus();
  return Failed(endpoint, "cannot replace the socket file");
}

void SetOption(int fd, int level, int option, int value) {
  ::setsockopt(fd, level, option, &value, sizeof(value));
}

StatusOr<Descriptor> Bind(Endpoint& endpoint) {
  if (endpoint.is_unix()) RETURN_IF_ERROR(RemoveStaleSocket(endpoint));
  Descriptor fd(
      ::socket(endpoint.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (fd.get() < 0) return Failed(endpoint, "socket");
  if (!endpoint.is_unix()) {
    SetOption(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1);
    SetOption(fd.get(), IPPROTO_TCP, TCP_NODELAY, 1);  // accepted sockets inherit it
    if (endpoint.storage.ss_family == AF_INET6) SetOption(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, 0);
  }
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&endpoint.storage), endpoint.length) != 0)
    return Failed(endpoint, "cannot bind");
  if (endpoint.is_unix() && ::chmod(endpoint.unix_path().c_str(), kUnixMode) != 0)
    return Failed(endpoint, "chmod");
  socklen_t length = sizeof(endpoint.storage);
  if (!endpoint.is_unix())
    ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&endpoint.storage), &length);
  return fd;
}

}  // namespace

StatusOr<std::unique_ptr<Acceptor>> Acceptor::Create(const Listener& listener,
                                                     const ServerOptions& options,
                                                     const Loops& loops) {
  ASSIGN_OR_RETURN(Endpoint endpoint, Endpoint::Parse(listener.address));
  ASSIGN_OR_RETURN(Descriptor fd, Bind(endpoint));
  auto policy = std::make_shared<const ListenerPolicy>(ListenerPolicy{
      listener.access, endpoint.is_unix(), listener.tls,
      HostCheck(endpoint, options.allowed_hosts, options.cors_origins), listener.router});
  return std::unique_ptr<Acceptor>(new Acceptor(std::move(fd), endpoint, std::move(policy), loops));
}

Acceptor::Acceptor(Descriptor socket, Endpoint bound, std::shared_ptr<const ListenerPolicy> policy,
                   const Loops& loops)
    : socket_(std::move(socket)), bound_(bound), policy_(std::move(policy)), loops_(loops) {}

Acceptor::~Acceptor() {
  if (socket_.is_open() && bound_.is_unix()) ::unlink(bound_.unix_path().c_str());
}

void Acceptor::Listen() {
  if (::listen(socket_.get(), kBacklog) != 0)
    log::Error("cannot listen", {{"address", bound_.ToString()}, {"error", std::strerror(errno)}});
}

void Acceptor::Start() {
  loops_.front()->OnSweep([this] {
    if (paused_ && socket_.is_open() && !full()) AcceptWaiting();
  });
  if (!loops_.front()->poller().Watch(socket_.get(), *this))
    log::Error("cannot accept", {{"address", bound_.ToString()}, {"error", std::strerror(errno)}});
}

bool Acceptor::full() const {
  size_t open = 0, handshakes = 0;
  for (const auto& loop : loops_) {
    open += loop->connections();
    handshakes += loop->handshakes();
  }
  const Limits& limits = loops_.front()->limits();
  return open >= limits.max_connections || (policy_->tls && handshakes >= limits.max_handshakes);
}

void Acceptor::AcceptWaiting() {
  paused_ = false;
  for (int i = 0; i < kPerTurn; ++i) {
    const Accepted result = full() ? Accepted::kNoRoom : AcceptOne();
    paused_ = result == Accepted::kNoRoom;
    if (result != Accepted::kOne) return;
  }
  loops_.front()->poller().CallAgain(*this);
}

Acceptor::Accepted Acceptor::AcceptOne() {
  sockaddr_storage peer{};
  socklen_t length = sizeof(peer);
  const int fd = ::accept4(socket_.get(), reinterpret_cast<sockaddr*>(&peer), &length,
                           SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0) {
    if (errno == EINTR || errno == ECONNABORTED) return Accepted::kOne;
    if (errno == EAGAIN || errno == EWOULDBLOCK) return Accepted::kNone;
    return Accepted::kNoRoom;  // out of descriptors or memory
  }
  const auto fewest = std::min_element(
      loops_.begin(), loops_.end(),
      [](const auto& a, const auto& b) { return a->connections() < b->connections(); });
  (*fewest)->Adopt(fd, peer, policy_);
  return Accepted::kOne;
}

void Acceptor::DrainAndClose() {
  if (!socket_.is_open()) return;
  if (bound_.is_unix()) ::unlink(bound_.unix_path().c_str());
  while (AcceptOne() == Accepted::kOne) {
  }
  loops_.front()->poller().Forget(socket_.get(), *this);
  socket_.Close();
}

}  // namespace slipway::http
