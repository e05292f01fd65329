#include "evaluate/sample.h"

#include <algorithm>
#include <numeric>

#include "base/random.h"

namespace slipway::evaluate {

std::vector<uint32_t> AllRows(size_t rows) {
  std::vector<uint32_t> all(rows);
  std::iota(all.begin(), all.end(), 0u);
  return all;
}

std::vector<uint32_t> SampleRows(size_t rows, size_t most, uint64_t seed) {
  std::vector<uint32_t> sample = AllRows(rows);
  if (rows <= most) return sample;
  Random(seed).Shuffle(std::span(sample));
  sample.resize(most);
  std::sort(sample.begin(), sample.end());
  return sample;
}

}  // namespace slipway::evaluate
