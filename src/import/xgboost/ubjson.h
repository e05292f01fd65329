#pragma once
// XGBoost's dialect of UBJSON (draft 12): big-endian, lengths are always 'L', arrays of numbers
// are typed ("[$d#L<n>"), other arrays counted ("[#L<n>"); objects are never counted.

#include <cstddef>
#include <span>

#include "base/status.h"
#include "import/document.h"
#include "import/import.h"

namespace slipway::importing::xgboost {

/// Reads the document; numbers keep the value of their stored type.
/// @return kBadModel naming the byte; kTooLarge above limits.max_objects values.
StatusOr<Value> ReadUbjson(std::span<const std::byte> bytes, const JsonOptions& options,
                           const Limits& limits);

}  // namespace slipway::importing::xgboost
