#pragma once
#include <string>

namespace slipway::lifecycle {

/// The processor's model and features: what the same program could behave differently on.
/// "unknown" where the system does not say.
const std::string& ProcessorText();

}  // namespace slipway::lifecycle
