#pragma once
#include <sys/socket.h>

#include <string>
#include <string_view>

#include "transport/http/address.h"
#include "transport/http/head_facts.h"
#include "transport/http/message.h"

namespace slipway::http {

/// The client's address behind proxies: walks X-Forwarded-For from the right, as each proxy
/// appended to it, past addresses in `trusted`, and returns the first that is not; the leftmost
/// when all are. An entry that is no address ends the walk at the hop before it.
/// @param peer  the direct peer, already known to be trusted.
/// @return a view into the request's headers, or `peer`.
std::string_view ForwardedClient(const Request& request, std::string_view peer,
                                 const NetworkSet& trusted);

/// Who is at the other end of a connection.
struct Peer {
  std::string name;
  bool trusted = false;     // its X-Forwarded-For counts
  bool is_secure = false;   // speaks TLS
  std::string certificate;  // the subject of the one it showed, "" when it showed none

  static Peer From(const sockaddr_storage& address, bool is_unix, const NetworkSet& trusted);
  /// Whose request it is: the peer, or whom a trusted peer names.
  std::string_view ClientOf(const Request& request, const HeadFacts& facts,
                            const NetworkSet& trusted) const;
};

}  // namespace slipway::http
