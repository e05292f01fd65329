#pragma once
#include <cstdint>
#include <utility>
#include <vector>

namespace slipway::train {

/// Whole numbers that follow from a seed alone. Source: Steele, Lea and Flood, "Fast splittable
/// pseudorandom number generators" (2014).
class SplitMix {
 public:
  explicit SplitMix(uint64_t seed) : state_(seed) {}
  uint64_t Next() {
    uint64_t z = (state_ += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  /// Below `count`, which is small beside 2^64.
  uint64_t Below(uint64_t count) { return Next() % count; }

 private:
  uint64_t state_;
};

template <typename T>
void Shuffle(std::vector<T>& values, uint64_t seed) {
  SplitMix random(seed);
  for (size_t left = values.size(); left > 1; --left)
    std::swap(values[left - 1], values[random.Below(left)]);
}

}  // namespace slipway::train
