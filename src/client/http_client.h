#pragma once
// A blocking HTTP/1.1 client with one kept-alive connection.

#include <chrono>
#include <string>
#include <string_view>

#include "base/status.h"
#include "client/connection.h"
#include "client/response_parser.h"

namespace slipway::client {

struct HttpRequest {
  std::string_view method = "GET";
  std::string_view path = "/";
  std::string_view headers = {};  // further lines, each ending in "\r\n"
  std::string_view body = {};
};

/// The request as it goes over the wire; `Content-Length` is there when there is a body or the
/// method is POST.
std::string Serialise(const HttpRequest& request, std::string_view host);

/// Threads: one at a time.
class HttpClient {
 public:
  struct Options {
    std::chrono::milliseconds timeout{30'000};  // of one request, connecting included
    ResponseParser::Limits limits;
  };
  HttpClient(Target target, Options options);
  explicit HttpClient(Target target) : HttpClient(std::move(target), Options()) {}

  const Target& target() const { return target_; }

  /// Sends and waits for the answer, whatever its status. A kept connection that the server closed
  /// in the meantime is opened again, once, when nothing of an answer had come.
  /// @return kIo, kDeadlineExceeded.
  StatusOr<HttpResponse> Send(const HttpRequest& request);

 private:
  StatusOr<HttpResponse> Exchange(std::string_view wire, bool head_request, TimePoint deadline);

  Target target_;
  Options options_;
  Connection connection_;
  std::string buffer_;
};

}  // namespace slipway::client
