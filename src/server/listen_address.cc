#include "server/listen_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <charconv>
#include <optional>

namespace slipway::server {
namespace {

constexpr std::string_view kUnix = "unix:";
constexpr std::string_view kHttp = "http://";
constexpr std::string_view kHttps = "https://";

Status Expected(std::string_view got) {
  return Error(
      Reason::kBadRequest,
      "expected ADDRESS:PORT such as 127.0.0.1:8080 or [::1]:8080, or unix:/path, got \"{}\"", got);
}

std::optional<int> ParseNumber(std::string_view text, int max) {
  int value;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (value < 0 || value > max) return std::nullopt;
  return value;
}

std::optional<in_addr> ParseV4(const std::string& text) {
  in_addr address;
  if (inet_pton(AF_INET, text.c_str(), &address) != 1) return std::nullopt;
  return address;
}
std::optional<in6_addr> ParseV6(const std::string& text) {
  in6_addr address;
  if (inet_pton(AF_INET6, text.c_str(), &address) != 1) return std::nullopt;
  return address;
}

bool IsLoopback(const in_addr& address) { return (ntohl(address.s_addr) >> 24) == 127; }
bool IsLoopback(const in6_addr& address) {
  if (IN6_IS_ADDR_V4MAPPED(&address)) return address.s6_addr[12] == 127;
  return IN6_IS_ADDR_LOOPBACK(&address);
}

StatusOr<ListenAddress> ParseUnix(std::string_view text) {
  const std::string_view path = text.substr(kUnix.size());
  if (path.empty() || path.find('\0') != std::string_view::npos) return Expected(text);
  if (path.size() >= sizeof(sockaddr_un::sun_path))
    return Error(Reason::kBadRequest, "expected a socket path of at most {} bytes, got {}",
                 sizeof(sockaddr_un::sun_path) - 1, path.size());
  return ListenAddress{std::string(text), std::string(text), true};
}

StatusOr<ListenAddress> ParseTcp(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return Expected(text);
  const auto port = ParseNumber(text.substr(colon + 1), 65'535);
  std::string host(text.substr(0, colon));
  if (!port) return Expected(text);
  if (host == "localhost") host = "127.0.0.1";
  const auto listen = [&](bool loopback) {
    const std::string address = fmt::format("{}:{}", host, *port);
    return ListenAddress{address, address, loopback};
  };
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    const auto address = ParseV6(host.substr(1, host.size() - 2));
    if (!address) return Expected(text);
    return listen(IsLoopback(*address));
  }
  const auto address = ParseV4(host);
  if (!address) return Expected(text);
  return listen(IsLoopback(*address));
}

/// Without a dialect.
StatusOr<ListenAddress> ParsePlace(std::string_view text) {
  using Scheme = ListenAddress::Scheme;
  if (text.starts_with(kUnix)) return ParseUnix(text);
  for (const auto& [prefix, scheme] :
       {std::pair(kHttp, Scheme::kHttp), std::pair(kHttps, Scheme::kHttps)}) {
    if (!text.starts_with(prefix)) continue;
    ASSIGN_OR_RETURN(ListenAddress listen, ParseTcp(text.substr(prefix.size())));
    listen.text.insert(0, prefix);
    listen.scheme = scheme;
    return listen;
  }
  return ParseTcp(text);
}

constexpr std::pair<std::string_view, ListenDialect> kDialects[] = {
    {"=torchserve-management", ListenDialect::kTorchserveManagement},
    {"=sagemaker", ListenDialect::kSagemaker},
};

}  // namespace

StatusOr<ListenAddress> ParseListenAddress(std::string_view text) {
  for (const auto& [suffix, dialect] : kDialects) {
    if (!text.ends_with(suffix)) continue;
    ASSIGN_OR_RETURN(ListenAddress listen, ParsePlace(text.substr(0, text.size() - suffix.size())));
    listen.text += suffix;
    listen.dialect = dialect;
    return listen;
  }
  if (!text.starts_with(kUnix) && text.find('=') != std::string_view::npos)
    return Error(Reason::kBadRequest,
                 "expected =torchserve-management or =sagemaker after the address, got \"{}\"",
                 text);
  return ParsePlace(text);
}

Status CheckAddressBlock(std::string_view text) {
  const size_t slash = std::min(text.find('/'), text.size());
  const std::string address(text.substr(0, slash));
  const bool v4 = ParseV4(address).has_value();
  const bool prefix_ok =
      slash == text.size() || ParseNumber(text.substr(slash + 1), v4 ? 32 : 128).has_value();
  if ((v4 || ParseV6(address)) && prefix_ok) return OkStatus();
  return Error(Reason::kBadRequest,
               "expected an IP address or a block such as 10.0.0.0/8, got \"{}\"", text);
}

}  // namespace slipway::server
