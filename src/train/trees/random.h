#pragma once
// Random numbers that follow from a seed and a place, so that a training that goes on from a
// checkpoint needs no state of a generator.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

namespace slipway::train::trees {

/// SplitMix64 (Steele, Lea, Flood 2014).
class Random {
 public:
  Random(uint64_t seed, uint64_t place) : state_(seed) { state_ = Next() ^ (place * kStep); }

  uint64_t Next() {
    uint64_t z = state_ += kStep;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
  }
  /// In [0, 1).
  double Uniform() { return static_cast<double>(Next() >> 11) * 0x1p-53; }
  /// In [0, bound), bound > 0.
  uint64_t Below(uint64_t bound) {
    return static_cast<uint64_t>(static_cast<unsigned __int128>(Next()) * bound >> 64);
  }

 private:
  static constexpr uint64_t kStep = 0x9E3779B97F4A7C15;
  uint64_t state_;
};

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
