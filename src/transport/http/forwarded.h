#pragma once
#include <string_view>

#include "transport/http/address.h"
#include "transport/http/message.h"

namespace slipway::http {

/// The client's address behind proxies: walks X-Forwarded-For from the right, as each proxy
/// appended to it, past addresses in `trusted`, and returns the first that is not; the leftmost
/// when all are. An entry that is no address ends the walk at the hop before it.
/// @param peer  the direct peer, already known to be trusted.
/// @return a view into the request's headers, or `peer`.
std::string_view ForwardedClient(const Request& request, std::string_view peer,
                                 const NetworkSet& trusted);

}  // namespace slipway::http
