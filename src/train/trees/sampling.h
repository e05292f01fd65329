#pragma once
// Shares of rows and features, drawn at random.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "base/random.h"

namespace slipway::train::trees {

/// `taken` of the numbers below `count`, ascending, each as likely as any other.
inline std::vector<uint32_t> Choose(size_t count, size_t taken, Random& random) {
  std::vector<uint32_t> chosen;
  chosen.reserve(taken);
  for (size_t i = 0; chosen.size() < taken; ++i)
    if (random.Below(count - i) < taken - chosen.size()) chosen.push_back(static_cast<uint32_t>(i));
  return chosen;
}

/// A share of `count`, rounded, at least one.
inline size_t PartOf(size_t count, double share) {
  const double part = std::round(share * static_cast<double>(count));
  return std::clamp<size_t>(static_cast<size_t>(part), 1, std::max<size_t>(count, 1));
}

}  // namespace slipway::train::trees
