#pragma once
#include <cstdint>
#include <string_view>

namespace slipway::terms {

/// CityHash64 of version 1.0, which later versions changed: what CatBoost knows categories by.
/// Source: Geoff Pike and Jyrki Alakuijala, CityHash 1.0 (2011).
uint64_t CityHash(std::string_view bytes);

}  // namespace slipway::terms
