#include "transport/http/address.h"

#include <arpa/inet.h>

#include <charconv>
#include <cstring>

namespace slipway::http {
namespace {

constexpr std::array<uint8_t, 12> kMappedPrefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

template <typename Int>
std::optional<Int> ParseNumber(std::string_view text, Int max) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() ||
      value > static_cast<uint64_t>(max))
    return std::nullopt;
  return static_cast<Int>(value);
}

StatusOr<Endpoint> ParseUnix(std::string_view path) {
  Endpoint endpoint;
  auto& address = reinterpret_cast<sockaddr_un&>(endpoint.storage);
  if (path.empty() || path.size() >= sizeof(address.sun_path) ||
      path.find('\0') != std::string_view::npos)
    return Error(Reason::kBadRequest, "unix socket: expected a path of 1 to {} bytes, got {}",
                 sizeof(address.sun_path) - 1, path.size());
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  endpoint.length = sizeof(address);
  return endpoint;
}

}  // namespace

std::optional<IpAddress> IpAddress::Parse(std::string_view text) {
  if (text.size() >= INET6_ADDRSTRLEN) return std::nullopt;
  const std::string terminated(text);
  IpAddress address;
  if (::inet_pton(AF_INET6, terminated.c_str(), address.bytes_.data()) == 1) return address;
  std::memcpy(address.bytes_.data(), kMappedPrefix.data(), kMappedPrefix.size());
  if (::inet_pton(AF_INET, terminated.c_str(), address.bytes_.data() + 12) == 1) return address;
  return std::nullopt;
}

IpAddress IpAddress::From(const sockaddr_storage& socket) {
  IpAddress address;
  if (socket.ss_family == AF_INET6) {
    std::memcpy(address.bytes_.data(), &reinterpret_cast<const sockaddr_in6&>(socket).sin6_addr,
                16);
  } else if (socket.ss_family == AF_INET) {
    std::memcpy(address.bytes_.data(), kMappedPrefix.data(), kMappedPrefix.size());
    std::memcpy(address.bytes_.data() + 12, &reinterpret_cast<const sockaddr_in&>(socket).sin_addr,
                4);
  }
  return address;
}

bool IpAddress::is_v4() const {
  return std::memcmp(bytes_.data(), kMappedPrefix.data(), kMappedPrefix.size()) == 0;
}

bool IpAddress::is_loopback() const {
  if (is_v4()) return bytes_[12] == 127;
  constexpr std::array<uint8_t, 16> kLoopback{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  return bytes_ == kLoopback;
}

std::string IpAddress::ToString() const {
  char text[INET6_ADDRSTRLEN] = "";
  if (is_v4())
    ::inet_ntop(AF_INET, bytes_.data() + 12, text, sizeof(text));
  else
    ::inet_ntop(AF_INET6, bytes_.data(), text, sizeof(text));
  return text;
}

StatusOr<NetworkSet> NetworkSet::Parse(const std::vector<std::string>& blocks) {
  NetworkSet set;
  for (const std::string& block : blocks) {
    if (block == "unix:") {
      set.unix_ = true;
      continue;
    }
    const std::string_view text = block;
    const size_t slash = text.find('/');
    const auto address = IpAddress::Parse(text.substr(0, slash));
    if (!address)
      return Error(Reason::kBadRequest, "\"{}\": expected an IP address or a CIDR block", block);
    const int width = address->is_v4() ? 32 : 128;
    int bits = width;
    if (slash != std::string_view::npos) {
      const auto given = ParseNumber<int>(text.substr(slash + 1), width);
      if (!given)
        return Error(Reason::kBadRequest, "\"{}\": expected a prefix of 0 to {}", block, width);
      bits = *given;
    }
    set.networks_.push_back({*address, bits + 128 - width});
  }
  return set;
}

bool NetworkSet::Contains(const IpAddress& address) const {
  for (const Network& network : networks_) {
    const size_t whole = static_cast<size_t>(network.bits) / 8;
    const auto& a = address.bytes();
    const auto& b = network.address.bytes();
    if (std::memcmp(a.data(), b.data(), whole) != 0) continue;
    const int rest = network.bits % 8;
    if (rest == 0 || ((a[whole] ^ b[whole]) >> (8 - rest)) == 0) return true;
  }
  return false;
}

StatusOr<Endpoint> Endpoint::Parse(std::string_view text) {
  if (text.starts_with("unix:")) return ParseUnix(text.substr(5));
  const auto bad = [&] {
    return Error(Reason::kBadRequest,
                 "address \"{}\": expected IP:PORT, [IPV6]:PORT, localhost:PORT or unix:PATH",
                 text);
  };
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return bad();
  std::string_view host = text.substr(0, colon);
  const auto port = ParseNumber<uint16_t>(text.substr(colon + 1), 65535);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  const auto address = IpAddress::Parse(host == "localhost" ? "127.0.0.1" : host);
  if (!address || !port || (host.find(':') != std::string_view::npos) != bracketed) return bad();
  Endpoint endpoint;
  if (!bracketed) {
    auto& v4 = reinterpret_cast<sockaddr_in&>(endpoint.storage);
    v4.sin_family = AF_INET;
    v4.sin_port = htons(*port);
    std::memcpy(&v4.sin_addr, address->bytes().data() + 12, 4);
    endpoint.length = sizeof(v4);
  } else {
    auto& v6 = reinterpret_cast<sockaddr_in6&>(endpoint.storage);
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(*port);
    std::memcpy(&v6.sin6_addr, address->bytes().data(), 16);
    endpoint.length = sizeof(v6);
  }
  return endpoint;
}

std::string Endpoint::ToString() const {
  if (is_unix()) return "unix:" + unix_path();
  const std::string host = IpAddress::From(storage).ToString();
  if (storage.ss_family == AF_INET)
    return fmt::format("{}:{}", host,
                       ntohs(reinterpret_cast<const sockaddr_in&>(storage).sin_port));
  return fmt::format("[{}]:{}", host,
                     ntohs(reinterpret_cast<const sockaddr_in6&>(storage).sin6_port));
}

}  // namespace slipway::http
