#pragma once
// Which web pages may talk to this server. A page elsewhere can make a browser send requests to
// 127.0.0.1; the Host and Origin fields give it away.

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "transport/http/address.h"
#include "transport/http/parser.h"

namespace slipway::http {

class HostCheck {
 public:
  /// @param bound  the listener. On loopback its own names are accepted besides `allowed_hosts`;
  /// beyond
  ///               loopback and on Unix sockets Host is checked only when `allowed_hosts` is set.
  HostCheck(const Endpoint& bound, const std::vector<std::string>& allowed_hosts,
            const std::vector<std::string>& cors_origins);

  /// @return kForbidden naming the host or origin. Origin counts for methods that change state.
  Status Check(const Request& request, const HeadFacts& facts) const;

  /// The origin, when it may read answers across origins; "" otherwise.
  std::string_view CorsOrigin(const HeadFacts& facts) const;

 private:
  bool HostAllowed(std::string_view host) const;

  bool check_host_ = false;
  std::vector<std::string> hosts_;  // lower case, without port
  std::vector<std::string> origins_;
};

}  // namespace slipway::http
