#pragma once
#include <string>

namespace slipway::server {

/// docs/configuration.md, from the schema: `slipway config-reference > docs/configuration.md`.
std::string ConfigReference();

}  // namespace slipway::server
