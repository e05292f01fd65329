#pragma once
// Socket and network addresses as operators and proxies write them.

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace slipway::http {

/// An IPv6 address, or an IPv4 one mapped into it.
class IpAddress {
 public:
  /// "192.0.2.1", "2001:db8::1"; no brackets, no port.
  static std::optional<IpAddress> Parse(std::string_view text);
  static IpAddress From(const sockaddr_storage& socket);

  bool is_loopback() const;
  bool is_v4() const;
  const std::array<uint8_t, 16>& bytes() const { return bytes_; }
  std::string ToString() const;

 private:
  std::array<uint8_t, 16> bytes_{};
};

/// Addresses and CIDR blocks, "10.0.0.0/8"; "unix:" stands for every peer on a Unix socket.
class NetworkSet {
 public:
  static StatusOr<NetworkSet> Parse(const std::vector<std::string>& blocks);
  bool Contains(const IpAddress& address) const;
  bool contains_unix() const { return unix_; }
  bool empty() const { return networks_.empty() && !unix_; }

 private:
  struct Network {
    IpAddress address;
    int bits;  // of 128
  };
  std::vector<Network> networks_;
  bool unix_ = false;
};

/// Where to listen: TCP or a Unix socket.
struct Endpoint {
  sockaddr_storage storage{};
  socklen_t length = 0;

  /// "127.0.0.1:8080", "[::1]:0", "localhost:8080", "unix:/run/slipway.sock".
  static StatusOr<Endpoint> Parse(std::string_view text);

  bool is_unix() const { return storage.ss_family == AF_UNIX; }
  bool is_loopback() const { return !is_unix() && IpAddress::From(storage).is_loopback(); }
  std::string unix_path() const { return reinterpret_cast<const sockaddr_un&>(storage).sun_path; }
  std::string ToString() const;
};

}  // namespace slipway::http
