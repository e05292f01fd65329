#pragma once
// Sums over rows: shared out in parts that follow from the number of rows alone and added up in
// their order, so that they are the same whoever computed them.

#include <algorithm>
#include <cstddef>
#include <vector>

#include "base/team.h"

namespace slipway::train {

/// Rows that are worked on at once, so that `columns` of them stay in the second-level cache.
inline size_t BlockRows(size_t columns) {
  constexpr size_t kCached = 32768;  // doubles: 256 KiB
  return std::clamp<size_t>(kCached / (columns + 1) / 8 * 8, 64, 2048);
}

/// Parts of a sum of `size` numbers over `rows` rows: enough for a team, few enough for memory.
inline size_t PartsOf(size_t rows, size_t size) {
  constexpr size_t kMost = 32, kMemory = size_t{1} << 24;  // doubles: 128 MiB
  const size_t by_memory = std::max<size_t>(2, kMemory / std::max<size_t>(size, 1));
  return std::clamp<size_t>(rows / 2048, 1, std::min(kMost, by_memory));
}

/// The sum of what `add(sum, begin, end)` adds to a vector of `size` zeros for blocks of rows
/// [begin, end) of at most `block` rows.
template <typename Add>
std::vector<double> SumOverRows(Team& team, size_t rows, size_t block, size_t size,
                                const Add& add) {
  const size_t parts = PartsOf(rows, size);
  std::vector<std::vector<double>> sums(parts);
  team.ForEach(parts, [&](size_t part) {
    const Share share = ShareOf(rows, part, parts);
    std::vector<double>& sum = sums[part];
    sum.assign(size, 0);
    for (size_t begin = share.begin; begin < share.end; begin += block)
      add(sum, begin, std::min(share.end, begin + block));
  });
  for (size_t part = 1; part < parts; ++part)
    for (size_t i = 0; i < size; ++i) sums[0][i] += sums[part][i];
  return std::move(sums[0]);
}

}  // namespace slipway::train
