#include "client/endpoint.h"

#include <sys/un.h>

#include <algorithm>
#include <charconv>

namespace slipway::client {
namespace {

constexpr std::string_view kUnix = "unix:";

struct Scheme {
  std::string_view prefix;
  Protocol protocol;
  bool tls;
  int port;  // when the URL names none
};
constexpr Scheme kSchemes[] = {{"http://", Protocol::kHttp, false, 80},
                               {"https://", Protocol::kHttp, true, 443},
                               {"grpc://", Protocol::kGrpc, false, 80},
                               {"grpcs://", Protocol::kGrpc, true, 443}};

Status ExpectedUrl(std::string_view got) {
  return Error(
      Reason::kBadRequest,
      "expected a URL such as http://127.0.0.1:8080/v2/models/NAME (also https://, grpc://, "
      "grpcs://) or unix:/path/to.sock, got \"{}\"",
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

StatusOr<Endpoint> ParseTcp(const Scheme& scheme, std::string_view url) {
  Endpoint endpoint;
  endpoint.protocol = scheme.protocol;
  endpoint.tls = scheme.tls;
  std::string_view rest = url.substr(scheme.prefix.size());
  const size_t slash = std::min(rest.find('/'), rest.size());
  endpoint.path = CleanPath(rest.substr(slash));
  const std::string_view authority = rest.substr(0, slash);
  endpoint.host_header = std::string(authority);
  endpoint.port = scheme.port;

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

}  // namespace

StatusOr<Endpoint> Endpoint::Parse(std::string_view url) {
  if (!IsUrlText(url)) return ExpectedUrl(url);
  if (url.starts_with(kUnix)) return ParseUnix(url);
  for (const Scheme& scheme : kSchemes)
    if (url.starts_with(scheme.prefix)) return ParseTcp(scheme, url);
  return ExpectedUrl(url);
}

bool LooksLikeUrl(std::string_view text) {
  return text.starts_with(kUnix) || text.find("://") != std::string_view::npos;
}

}  // namespace slipway::client
