#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"

namespace slipway::server {

/// Whose routes an address has where APIs collide. docs/dialects.md
enum class ListenDialect : uint8_t { kDefault, kTorchserveManagement, kSagemaker };
inline constexpr ListenDialect kListenDialects[] = {
    ListenDialect::kDefault, ListenDialect::kTorchserveManagement, ListenDialect::kSagemaker};

/// Where to listen, or a block of addresses.
struct ListenAddress {
  enum class Scheme : uint8_t { kAny, kHttp, kHttps };

  std::string text;       // normalised: "127.0.0.1:8080", "https://[::1]:8080", "unix:/run/s.sock"
  std::string address;    // the same without a scheme and dialect
  bool loopback = false;  // this machine only: 127.0.0.0/8, ::1, Unix sockets
  Scheme scheme = Scheme::kAny;
  ListenDialect dialect = ListenDialect::kDefault;

  bool is_unix() const { return address.starts_with("unix:"); }
  /// @param available  there is a certificate.
  bool SpeaksTls(bool available) const {
    return scheme == Scheme::kHttps || (available && scheme == Scheme::kAny && !is_unix());
  }
};

/// Takes "IP:PORT", "[IPv6]:PORT" and "localhost:PORT", each also after "http://" or "https://",
/// and "unix:/path"; any of them may end in "=torchserve-management" or "=sagemaker".
/// kBadRequest saying what was expected.
StatusOr<ListenAddress> ParseListenAddress(std::string_view text);

/// An IP address or CIDR block, "10.0.0.0/8". kBadRequest saying what was expected.
Status CheckAddressBlock(std::string_view text);

}  // namespace slipway::server
