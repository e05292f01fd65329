#pragma once
#include <string_view>

namespace slipway::server {

inline constexpr std::string_view kVersion = SLIPWAY_VERSION;

}  // namespace slipway::server
