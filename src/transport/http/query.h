#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"

namespace slipway::http {

/// The first value of `name` in a query such as "a=1&b=x%20y", decoded ('+' is a space); "" where
/// it has no "=".
/// @return nullopt when it is not there; kBadRequest for broken percent-encoding.
StatusOr<std::optional<std::string>> QueryValue(std::string_view query, std::string_view name);

}  // namespace slipway::http
