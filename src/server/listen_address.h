#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"

namespace slipway::server {

/// Where to listen, or a block of addresses.
struct ListenAddress {
  std::string text;       // normalised: "127.0.0.1:8080", "[::1]:8080", "unix:/run/slipway.sock"
  bool loopback = false;  // this machine only: 127.0.0.0/8, ::1, Unix sockets
};

/// Takes "IP:PORT", "[IPv6]:PORT", "localhost:PORT" and "unix:/path". kBadRequest saying what was
/// expected.
StatusOr<ListenAddress> ParseListenAddress(std::string_view text);

/// An IP address or CIDR block, "10.0.0.0/8". kBadRequest saying what was expected.
Status CheckAddressBlock(std::string_view text);

}  // namespace slipway::server
