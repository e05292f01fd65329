#include "client/http_client.h"

#include <utility>

namespace slipway::client {

std::string Serialise(const HttpRequest& request, std::string_view host) {
  std::string wire =
      fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\n", request.method, request.path, host);
  if (!request.body.empty() || request.method == "POST")
    wire += fmt::format("Content-Length: {}\r\n", request.body.size());
  wire += request.headers;
  wire += "\r\n";
  wire += request.body;
  return wire;
}

HttpClient::HttpClient(Target target, Options options)
    : target_(std::move(target)), options_(options) {}

StatusOr<HttpResponse> HttpClient::Send(const HttpRequest& request) {
  const TimePoint deadline = SteadyClock().Now() + options_.timeout;
  const std::string wire = Serialise(request, target_.endpoint.host_header);
  const bool head_request = request.method == "HEAD";
  if (connection_.is_open()) {
    StatusOr<HttpResponse> response = Exchange(wire, head_request, deadline);
    const bool stale =
        !response.ok() && ReasonOf(response.status()) == Reason::kIo && buffer_.empty();
    if (!stale) return response;
  }
  buffer_.clear();
  ASSIGN_OR_RETURN(connection_, Connection::Open(target_, deadline));
  return Exchange(wire, head_request, deadline);
}

StatusOr<HttpResponse> HttpClient::Exchange(std::string_view wire, bool head_request,
                                            TimePoint deadline) {
  Connection connection = std::move(connection_);  // comes back only after a whole answer
  ResponseParser parser(options_.limits);
  parser.Reset(head_request);
  // A server that refuses a body answers before it has read all of it: look for that answer then.
  const Status written = connection.WriteAll(wire, deadline);
  for (bool done = false; !done;) {
    const StatusOr<size_t> got = connection.Read(buffer_, deadline);
    if (!got.ok()) return written.ok() ? got.status() : written;
    if (*got > 0) {
      ASSIGN_OR_RETURN(done, parser.Feed(buffer_));
    } else {
      done = parser.Finish();
      if (!done)
        return Error(Reason::kIo, "{} {}", target_.endpoint.host_header, connection.EndText());
    }
  }
  if (parser.response().keep_alive && written.ok()) connection_ = std::move(connection);
  return std::move(parser.response());
}

}  // namespace slipway::client
