#include "transport/http/testing/raw_client.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <utility>

#include "transport/http/address.h"
#include "transport/http/ascii.h"

namespace slipway::http {

std::string RawResponse::header(std::string_view name) const {
  std::string_view rest = head;
  while (!rest.empty()) {
    const size_t end = rest.find("\r\n");
    const std::string_view line = rest.substr(0, end);
    const size_t colon = line.find(':');
    if (colon != std::string_view::npos && EqualsIgnoreCase(line.substr(0, colon), name))
      return std::string(Trim(line.substr(colon + 1)));
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 2);
  }
  return {};
}

RawClient::RawClient(const std::string& address) {
  const auto endpoint = Endpoint::Parse(address);
  if (!endpoint.ok()) return;
  fd_ = ::socket(endpoint->storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::connect(fd_, reinterpret_cast<const sockaddr*>(&endpoint->storage), endpoint->length) != 0)
    Close();
  const int at_once = 1;  // each Send is a segment of its own; not for Unix sockets
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof(at_once));
}

RawClient::RawClient(RawClient&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), received_(std::move(other.received_)) {}

RawClient::~RawClient() { Close(); }

void RawClient::Close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

void RawClient::Reset() {
  const linger now{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
  Close();
}

void RawClient::ShutdownWrite() { ::shutdown(fd_, SHUT_WR); }

bool RawClient::WaitFor(short events) {
  pollfd poll{fd_, events, 0};
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(kTimeout).count();
  return ::poll(&poll, 1, static_cast<int>(ms)) == 1;
}

bool RawClient::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n >= 0)
      bytes.remove_prefix(static_cast<size_t>(n));
    else if (errno != EAGAIN || !WaitFor(POLLOUT))
      return false;
  }
  return true;
}

bool RawClient::ReadMore() {
  char buffer[16 << 10];
  if (!WaitFor(POLLIN)) return false;
  const ssize_t n = ::recv(fd_, buffer, sizeof(buffer), 0);
  if (n <= 0) return false;
  received_.append(buffer, static_cast<size_t>(n));
  return true;
}

std::optional<RawResponse> RawClient::Read(bool head_only) {
  size_t end;
  while ((end = received_.find("\r\n\r\n")) == std::string::npos)
    if (!ReadMore()) return std::nullopt;
  RawResponse response;
  response.head = received_.substr(0, end);
  received_.erase(0, end + 4);
  std::from_chars(response.head.data() + 9, response.head.data() + 12, response.status);
  size_t length = 0;
  const std::string given = response.header("Content-Length");
  std::from_chars(given.data(), given.data() + given.size(), length);
  if (head_only) return response;
  while (received_.size() < length)
    if (!ReadMore()) return std::nullopt;
  response.body = received_.substr(0, length);
  received_.erase(0, length);
  return response;
}

bool RawClient::Peek(char& next) {
  if (received_.empty() && !ReadMore()) return false;
  next = received_.front();
  return true;
}

bool RawClient::ReadsEnd() {
  char byte;
  return received_.empty() && WaitFor(POLLIN) && ::recv(fd_, &byte, 1, 0) <= 0;
}

}  // namespace slipway::http
