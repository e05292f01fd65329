#pragma once
// Text ↔ numbers with units, as the configuration file, the environment and every flag spell them.

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"

namespace slipway::server {

/// Decimal digits with an optional '-'. kBadRequest `expected a whole number, got "x"`.
StatusOr<int64_t> ParseInteger(std::string_view text);

/// "1024", "16KiB", "64MiB", "2GiB", "1TiB". kBadRequest `expected bytes such as 16KiB or 64MiB,
/// got "64MB"`.
StatusOr<uint64_t> ParseByteSize(std::string_view text);

/// "0", "250ms", "30s", "5min". kBadRequest `expected a duration such as 250ms, 30s or 5min, got
/// "30"`.
StatusOr<std::chrono::milliseconds> ParseDuration(std::string_view text);

/// "true" or "false".
StatusOr<bool> ParseBool(std::string_view text);

/// The shortest text that reads back as the same value: "64MiB", "1500", "30s".
std::string FormatByteSize(uint64_t bytes);
std::string FormatDuration(std::chrono::milliseconds duration);

}  // namespace slipway::server
