#pragma once
#include <string>
#include <string_view>

#include "base/status.h"
#include "tensor/signature.h"
#include "text/json_writer.h"

namespace slipway::cli {

/// Writes to standard output, or to `path` (whole or not at all) when it is not "".
Status WriteResult(const std::string& path, std::string_view content);

/// Prints "slipway: warning: <message>" to standard error.
void Warn(std::string_view message);

/// {"inputs": [{"name", "datatype", "shape", "optional"}], "outputs": [… "labels"]} into an open
/// object.
void AppendSignature(JsonWriter& json, const Signature& signature);

/// A whole number from an option, in the range. kBadRequest naming the option.
StatusOr<int64_t> ParseCount(std::string_view option, std::string_view text, int64_t min,
                             int64_t max);

enum class Ends : uint8_t { kIncluded, kExcluded };
/// A number from an option: from 0 to 1, or between them. kBadRequest naming the option.
StatusOr<double> ParseShare(std::string_view option, std::string_view text, Ends ends);

/// "1,234,567"
std::string WithThousands(uint64_t value);

}  // namespace slipway::cli
