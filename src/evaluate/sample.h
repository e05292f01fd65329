#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

namespace slipway::evaluate {

/// 0, 1, … rows - 1.
std::vector<uint32_t> AllRows(size_t rows);

/// At most `most` rows, ascending, drawn by the seed.
std::vector<uint32_t> SampleRows(size_t rows, size_t most, uint64_t seed);

}  // namespace slipway::evaluate
