#pragma once
// Where a command finds a server, and what both prove to each other over TLS.

#include <string_view>
#include <vector>

#include "base/status.h"
#include "cli/command.h"
#include "client/connection.h"

namespace slipway::cli {

/// --protocol, --tls-ca, --tls-certificate, --tls-key: of every command that speaks to a server.
std::vector<Option> TargetOptions();

/// @return kBadRequest naming the option or file.
StatusOr<client::Target> ReadTarget(std::string_view url, const Arguments& arguments);

}  // namespace slipway::cli
