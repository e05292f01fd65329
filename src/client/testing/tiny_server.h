#pragma once
// A server of a few lines for tests of clients: answers each request by a function, over loopback
// TCP.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>
#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace slipway::client::testing {

class TinyServer {
 public:
  /// @param answer  gets head and body of one request and returns the bytes to send; what ends in
  ///                "<close>" is sent without that and the connection closed. From one thread a
  ///                connection.
  using Answer = std::function<std::string(const std::string& request)>;

  explicit TinyServer(Answer answer) : answer_(std::move(answer)) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof(address));
    listen(listener_, 64);
    socklen_t size = sizeof(address);
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    acceptor_ = std::jthread([this](std::stop_token stop) { Accept(stop); });
  }
  ~TinyServer() {
    acceptor_.request_stop();
    acceptor_.join();
    connections_.clear();
    close(listener_);
  }

  /// Who is connected is answered on; nobody else gets a connection.
  void StopListening() { shutdown(listener_, SHUT_RDWR); }

  std::string Url(const std::string& path) const {
    return "http://127.0.0.1:" + std::to_string(port_) + path;
  }

 private:
  static bool Readable(int fd, const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      pollfd entry{fd, POLLIN, 0};
      if (poll(&entry, 1, 20) > 0) return true;
    }
    return false;
  }

  void Accept(const std::stop_token& stop) {
    while (Readable(listener_, stop)) {
      const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) return;
      connections_.emplace_back([this, fd](std::stop_token s) { Talk(fd, s); });
    }
  }

  void Talk(int fd, const std::stop_token& stop) {
    std::string buffer;
    char chunk[4096];
    while (Readable(fd, stop)) {
      const ssize_t got = recv(fd, chunk, sizeof(chunk), 0);
      if (got <= 0) break;
      buffer.append(chunk, static_cast<size_t>(got));
      bool open = true;
      for (size_t size; open && (size = RequestSize(buffer)) > 0; buffer.erase(0, size))
        open = Reply(fd, answer_(buffer.substr(0, size)));
      if (!open) break;
    }
    close(fd);
  }

  /// 0 while the request is not whole.
  static size_t RequestSize(const std::string& buffer) {
    const size_t head = buffer.find("\r\n\r\n");
    if (head == std::string::npos) return 0;
    size_t length = 0;
    const size_t at = buffer.find("Content-Length: ");
    if (at < head) std::from_chars(buffer.data() + at + 16, buffer.data() + head, length);
    return buffer.size() >= head + 4 + length ? head + 4 + length : 0;
  }

  static bool Reply(int fd, std::string reply) {
    const bool close_after = reply.ends_with("<close>");
    if (close_after) reply.resize(reply.size() - 7);
    return send(fd, reply.data(), reply.size(), MSG_NOSIGNAL) ==
               static_cast<ssize_t>(reply.size()) &&
           !close_after;
  }

  Answer answer_;
  int listener_;
  int port_;
  std::vector<std::jthread> connections_;  // of the acceptor, then of the destructor
  std::jthread acceptor_;
};

/// "HTTP/1.1 200 OK" with that body.
inline std::string Ok(const std::string& body, const std::string& headers = "") {
  return "HTTP/1.1 200 OK\r\n" + headers + "Content-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

}  // namespace slipway::client::testing
