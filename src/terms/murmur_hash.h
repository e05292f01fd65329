#pragma once
#include <cstdint>
#include <string_view>

namespace slipway::terms {

/// MurmurHash3_x86_32 with seed 0: what scikit-learn's FeatureHasher places terms by.
/// Source: Austin Appleby's description of MurmurHash3, which is in the public domain.
int32_t MurmurHash(std::string_view bytes);

}  // namespace slipway::terms
