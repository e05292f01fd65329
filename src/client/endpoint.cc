#include "client/endpoint.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>

namespace slipway::client {
namespace {

constexpr std::string_view kHttp = "http://";
constexpr std::string_view kUnix = "unix:";
constexpr size_t kReadSize = 64u << 10;

Status ExpectedUrl(std::string_view got) {
  return Error(Reason::kBadRequest,
               "expected a URL such as http://127.0.0.1:8080/v2/models/NAME or unix:/path/to.sock, "
               "got \"{}\"",
               got);
}

/// A URL's characters go into a request line: nothing that could end it.
bool IsUrlText(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

std::string CleanPath(std::string_view path) {
  while (path.size() > 1 && path.back() == '/') path.remove_suffix(1);
  return path.empty() ? "/" : std::string(path);
}

StatusOr<Endpoint> ParseUnix(std::string_view url) {
  Endpoint endpoint;
  std::string_view rest = url.substr(kUnix.size());
  const size_t colon = rest.find(":/");
  endpoint.unix_path = std::string(rest.substr(0, colon));
  endpoint.path = CleanPath(colon == std::string_view::npos ? "" : rest.substr(colon + 1));
  endpoint.host_header = "localhost";
  if (endpoint.unix_path.empty()) return ExpectedUrl(url);
  if (endpoint.unix_path.size() >= sizeof(sockaddr_un::sun_path))
    return Error(Reason::kBadRequest, "expected a socket path of at most {} bytes, got {}",
                 sizeof(sockaddr_un::sun_path) - 1, endpoint.unix_path.size());
  return endpoint;
}

StatusOr<Endpoint> ParseHttp(std::string_view url) {
  Endpoint endpoint;
  std::string_view rest = url.substr(kHttp.size());
  const size_t slash = std::min(rest.find('/'), rest.size());
  endpoint.path = CleanPath(rest.substr(slash));
  const std::string_view authority = rest.substr(0, slash);
  endpoint.host_header = std::string(authority);
  endpoint.port = 80;

  std::string_view host = authority, port;
  const size_t bracket = authority.find(']');
  const size_t colon = authority.rfind(':');
  if (colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket)) {
    host = authority.substr(0, colon);
    port = authority.substr(colon + 1);
    const auto [end, error] =
        std::from_chars(port.data(), port.data() + port.size(), endpoint.port);
    if (error != std::errc() || end != port.data() + port.size() || endpoint.port < 1 ||
        endpoint.port > 65'535)
      return ExpectedUrl(url);
  }
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host.empty() || host.find('@') != std::string_view::npos) return ExpectedUrl(url);
  endpoint.host = std::string(host);
  return endpoint;
}

StatusOr<int> WaitFor(int fd, short events, TimePoint deadline) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - SteadyClock().Now());
    if (left.count() <= 0) return Error(Reason::kDeadlineExceeded, "no answer in time");
    pollfd entry{fd, events, 0};
    const int ready = poll(&entry, 1, static_cast<int>(std::min<int64_t>(left.count(), 1'000'000)));
    if (ready > 0) return entry.revents;
    if (ready < 0 && errno != EINTR) return Error(Reason::kIo, "poll: {}", std::strerror(errno));
  }
}

StatusOr<Socket> ConnectTo(const sockaddr* address, socklen_t size, TimePoint deadline) {
  Socket socket(::socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket.valid()) return Error(Reason::kIo, "socket: {}", std::strerror(errno));
  if (address->sa_family != AF_UNIX) {
    const int on = 1;
    setsockopt(socket.fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  }
  if (connect(socket.fd(), address, size) == 0) return socket;
  if (errno != EINPROGRESS) return Error(Reason::kIo, "{}", std::strerror(errno));
  RETURN_IF_ERROR(WaitFor(socket.fd(), POLLOUT, deadline).status());
  int error = 0;
  socklen_t error_size = sizeof(error);
  getsockopt(socket.fd(), SOL_SOCKET, SO_ERROR, &error, &error_size);
  if (error != 0) return Error(Reason::kIo, "{}", std::strerror(error));
  return socket;
}

StatusOr<Socket> ConnectTcp(const Endpoint& endpoint, TimePoint deadline) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error =
      getaddrinfo(endpoint.host.c_str(), std::to_string(endpoint.port).c_str(), &hints, &found);
  if (error != 0) return Error(Reason::kIo, "{}", gai_strerror(error));
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, &freeaddrinfo);
  Status last = Error(Reason::kIo, "the name has no address");
  for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next) {
    StatusOr<Socket> socket = ConnectTo(entry->ai_addr, entry->ai_addrlen, deadline);
    if (socket.ok()) return socket;
    last = socket.status();
  }
  return last;
}

}  // namespace

StatusOr<Endpoint> Endpoint::Parse(std::string_view url) {
  if (!IsUrlText(url)) return ExpectedUrl(url);
  if (url.starts_with(kUnix)) return ParseUnix(url);
  if (url.starts_with(kHttp)) return ParseHttp(url);
  if (url.starts_with("https://"))
    return Error(Reason::kNotOffered, "https is not offered yet: use http:// or unix:/path");
  return ExpectedUrl(url);
}

bool LooksLikeUrl(std::string_view text) {
  return text.starts_with(kUnix) || text.find("://") != std::string_view::npos;
}

Socket::Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
Socket& Socket::operator=(Socket&& other) noexcept {
  if (this != &other) {
    Close();
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}
Socket::~Socket() { Close(); }

void Socket::Close() {
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
}

StatusOr<Socket> Socket::Connect(const Endpoint& endpoint, TimePoint deadline) {
  if (endpoint.unix_path.empty()) {
    StatusOr<Socket> socket = ConnectTcp(endpoint, deadline);
    if (socket.ok()) return socket;
    return Annotate(socket.status(), fmt::format("connect to {}", endpoint.host_header));
  }
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  endpoint.unix_path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  StatusOr<Socket> socket =
      ConnectTo(reinterpret_cast<const sockaddr*>(&address), sizeof(address), deadline);
  if (socket.ok()) return socket;
  return Annotate(socket.status(), fmt::format("connect to {}", endpoint.unix_path));
}

Status Socket::WriteAll(std::string_view bytes, TimePoint deadline) {
  while (!bytes.empty()) {
    const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<size_t>(sent));
    } else if (errno == EAGAIN) {
      RETURN_IF_ERROR(WaitFor(fd_, POLLOUT, deadline).status());
    } else if (errno != EINTR) {
      return Error(Reason::kIo, "send: {}", std::strerror(errno));
    }
  }
  return OkStatus();
}

StatusOr<size_t> Socket::Read(std::string& buffer, TimePoint deadline) {
  const size_t before = buffer.size();
  for (;;) {
    buffer.resize(before + kReadSize);
    const ssize_t got = recv(fd_, buffer.data() + before, kReadSize, 0);
    const int error = errno;
    buffer.resize(before + static_cast<size_t>(std::max<ssize_t>(got, 0)));
    if (got >= 0) return static_cast<size_t>(got);
    if (error == EAGAIN)
      RETURN_IF_ERROR(WaitFor(fd_, POLLIN, deadline).status());
    else if (error != EINTR)
      return Error(Reason::kIo, "recv: {}", std::strerror(error));
  }
}

}  // namespace slipway::client
