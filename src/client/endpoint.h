#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"

namespace slipway::client {

enum class Protocol : uint8_t { kHttp, kGrpc };

/// Where a server is, how it is spoken to, and the path that a URL names there.
struct Endpoint {
  Protocol protocol = Protocol::kHttp;
  bool tls = false;
  std::string host;  // name or IP address, without brackets; "" for Unix sockets
  int port = 0;
  std::string unix_path;    // "" for TCP
  std::string path;         // begins with '/', never ends with one unless it is all there is
  std::string host_header;  // "127.0.0.1:8080", "localhost" for Unix sockets

  /// "http://HOST[:PORT][/path]" (port 80 when none; https: 443; the same for grpc and grpcs) or
  /// "unix:/socket[:/path]", which is HTTP. kBadRequest saying what was expected.
  static StatusOr<Endpoint> Parse(std::string_view url);
};

/// True for texts that Endpoint::Parse is meant for: a scheme is there.
bool LooksLikeUrl(std::string_view text);

}  // namespace slipway::client
