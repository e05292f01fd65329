#pragma once
// Numbers that look random and follow from a seed, on any machine.

#include <array>
#include <bit>
#include <cstdint>
#include <span>
#include <utility>

namespace slipway::stats {

/// xoshiro256++. Source: Blackman and Vigna 2021, Scrambled Linear Pseudorandom Number Generators.
class Random {
 public:
  /// @param stream  of one seed: each its own sequence.
  explicit Random(uint64_t seed, uint64_t stream = 0) {
    uint64_t state = seed ^ Mix(stream + 0x9E3779B97F4A7C15);
    for (uint64_t& word : state_) word = Mix(state += 0x9E3779B97F4A7C15);
  }

  uint64_t Next() {
    const uint64_t result = std::rotl(state_[0] + state_[3], 23) + state_[0];
    const uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }

  /// Below `limit`, which is at least 1; uneven by at most limit / 2^64.
  uint64_t Below(uint64_t limit) {
    return static_cast<uint64_t>((static_cast<unsigned __int128>(Next()) * limit) >> 64);
  }

  /// In [0, 1), of 53 bits.
  double Uniform() { return static_cast<double>(Next() >> 11) * 0x1p-53; }

  /// Fisher and Yates.
  template <typename T>
  void Shuffle(std::span<T> values) {
    for (size_t left = values.size(); left > 1; --left)
      std::swap(values[left - 1], values[Below(left)]);
  }

 private:
  /// SplitMix64's output function.
  static uint64_t Mix(uint64_t x) {
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
    return x ^ (x >> 31);
  }

  std::array<uint64_t, 4> state_;
};

}  // namespace slipway::stats
