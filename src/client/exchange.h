#pragma once
#include <string>

#include "base/clock.h"
#include "base/status.h"
#include "client/connection.h"
#include "client/wire.h"

namespace slipway::client {

/// Sends one request over a connection of its own and waits for its answer.
/// @return the answer's body; an answer other than OK is the error that it stands for; kIo,
///   kDeadlineExceeded.
StatusOr<std::string> ExchangeOnce(const Target& target, const WireRequest& request,
                                   TimePoint deadline);

}  // namespace slipway::client
