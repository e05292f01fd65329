#pragma once
#include <string_view>

namespace slipway {

/// ISO 8601 dates and date-times of the years 1 to 9999: "2024-02-29", "2024-02-29 23:59",
/// "2024-02-29T23:59:59.5+01:00"; UTC where no offset is given.
/// @param out  seconds since 1970-01-01T00:00:00Z.
/// @return false for any other text.
bool ParseIso8601(std::string_view text, double* out);

}  // namespace slipway
