#include "transport/http/forwarded.h"

#include "transport/http/ascii.h"

namespace slipway::http {
namespace {

// "192.0.2.1", "192.0.2.1:4711", "2001:db8::1", "[2001:db8::1]:4711" → the address alone.
std::string_view AddressOfHop(std::string_view hop) {
  if (hop.starts_with('[')) return hop.substr(1, hop.find(']') - 1);
  const size_t colon = hop.find(':');
  return colon != std::string_view::npos && hop.find(':', colon + 1) == std::string_view::npos
             ? hop.substr(0, colon)
             : hop;
}

}  // namespace

std::string_view ForwardedClient(const Request& request, std::string_view peer,
                                 const NetworkSet& trusted) {
  std::string_view client = peer;
  for (auto header = request.headers.rbegin(); header != request.headers.rend(); ++header) {
    if (!EqualsIgnoreCase(header->name, "X-Forwarded-For")) continue;
    std::string_view list = header->value;
    while (!list.empty()) {
      const size_t comma = list.rfind(',');
      const size_t begin = comma == std::string_view::npos ? 0 : comma + 1;
      const std::string_view hop = AddressOfHop(Trim(list.substr(begin)));
      const auto address = IpAddress::Parse(hop);
      if (!address) return client;
      client = hop;
      if (!trusted.Contains(*address)) return client;
      list = list.substr(0, begin == 0 ? 0 : begin - 1);
    }
  }
  return client;
}

Peer Peer::From(const sockaddr_storage& address, bool is_unix, const NetworkSet& trusted) {
  if (is_unix) return {"unix:", trusted.contains_unix()};
  const IpAddress ip = IpAddress::From(address);
  return {ip.ToString(), trusted.Contains(ip)};
}

std::string_view Peer::ClientOf(const Request& request, const HeadFacts& facts,
                                const NetworkSet& networks) const {
  if (!trusted || !facts.has_forwarded_for) return name;
  return ForwardedClient(request, name, networks);
}

}  // namespace slipway::http
