#pragma once
// Lists of numbers in XGBoost's documents.

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "import/document.h"

namespace slipway::importing::xgboost {

/// The member `key` of `parent`. @return kBadModel where it is no list of such numbers.
StatusOr<std::vector<int64_t>> Integers(const Node& parent, std::string_view key);
StatusOr<std::vector<float>> Floats(const Node& parent, std::string_view key);
StatusOr<std::vector<bool>> Truths(const Node& parent, std::string_view key);

}  // namespace slipway::importing::xgboost
