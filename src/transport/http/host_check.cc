#include "transport/http/host_check.h"

#include <algorithm>

#include "transport/http/ascii.h"

namespace slipway::http {
namespace {

std::string_view HostOf(std::string_view authority) {
  if (authority.starts_with('[')) {
    const size_t close = authority.find(']');
    return close == std::string_view::npos ? authority : authority.substr(0, close + 1);
  }
  return authority.substr(0, authority.find(':'));
}

bool ChangesState(Method method) {
  switch (method) {
    case Method::kGet:
    case Method::kHead:
    case Method::kOptions:
      return false;
    case Method::kPost:
    case Method::kPut:
    case Method::kDelete:
    case Method::kPatch:
    case Method::kOther:
      return true;
  }
  return true;
}

bool IsSameHost(std::string_view origin, std::string_view host) {
  const size_t scheme = origin.find("://");
  return scheme != std::string_view::npos && EqualsIgnoreCase(origin.substr(scheme + 3), host);
}

}  // namespace

HostCheck::HostCheck(const Endpoint& bound, const std::vector<std::string>& allowed_hosts,
                     const std::vector<std::string>& cors_origins)
    : origins_(cors_origins) {
  const bool any =
      std::find(allowed_hosts.begin(), allowed_hosts.end(), "*") != allowed_hosts.end();
  check_host_ = !any && !bound.is_unix() && (bound.is_loopback() || !allowed_hosts.empty());
  hosts_ = {"localhost", "127.0.0.1", "[::1]"};
  if (!bound.is_unix()) hosts_.emplace_back(HostOf(bound.ToString()));
  for (const std::string& host : allowed_hosts) {
    std::string lower(HostOf(host));
    std::transform(lower.begin(), lower.end(), lower.begin(), ToLower);
    hosts_.push_back(std::move(lower));
  }
}

bool HostCheck::HostAllowed(std::string_view host) const {
  const std::string_view name = HostOf(host);
  for (const std::string& allowed : hosts_)
    if (EqualsIgnoreCase(allowed, name)) return true;
  return false;
}

Status HostCheck::Check(const Request& request, const HeadFacts& facts) const {
  // HTTP/1.0 may come without a Host; no browser speaks it.
  if (check_host_ && !(facts.host.empty() && request.minor_version == 0) &&
      !HostAllowed(facts.host))
    return Error(Reason::kForbidden,
                 "Host \"{}\" is not a name of this server; --allowed-host adds names",
                 facts.host.substr(0, 128));
  if (facts.has_origin && ChangesState(request.method) && !IsSameHost(facts.origin, facts.host) &&
      CorsOrigin(facts).empty())
    return Error(Reason::kForbidden, "Origin \"{}\" may not change anything here",
                 facts.origin.substr(0, 128));
  return OkStatus();
}

std::string_view HostCheck::CorsOrigin(const HeadFacts& facts) const {
  if (!facts.has_origin) return {};
  for (const std::string& origin : origins_)
    if (origin == facts.origin || origin == "*") return facts.origin;
  return {};
}

}  // namespace slipway::http
