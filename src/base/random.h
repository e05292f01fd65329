#pragma once
// Numbers that look random and follow from a seed, the same on every machine: the distributions of
// the standard library differ between libraries.

#include <cstdint>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

namespace slipway {

/// SplitMix64 (Steele, Lea and Flood 2014). Threads: one at a time.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  /// One sequence of many of a seed: of a tree, say, so that what goes on from a checkpoint needs
  /// no state of a generator.
  Random(uint64_t seed, uint64_t stream) : state_(Mix(seed + kStep) ^ Mix(stream * kStep + 1)) {}

  uint64_t Next() { return Mix(state_ += kStep); }

  /// In [0, 1), of 53 bits.
  double Uniform() { return static_cast<double>(Next() >> 11) * 0x1p-53; }

  /// Each of 0 … bound - 1 with the same chance; bound > 0. Source: Lemire 2019, multiplication
  /// with rejection.
  uint64_t Below(uint64_t bound) {
    for (;;) {
      const auto product = static_cast<unsigned __int128>(Next()) * bound;
      const auto low = static_cast<uint64_t>(product);
      if (low >= bound || low >= (0 - bound) % bound) return static_cast<uint64_t>(product >> 64);
    }
  }

  /// Fisher and Yates.
  template <typename T>
  void Shuffle(std::span<T> values) {
    for (size_t left = values.size(); left > 1; --left)
      std::swap(values[left - 1], values[Below(left)]);
  }
  /// 0 … count - 1 in random order; count below 2^32.
  std::vector<uint32_t> Order(size_t count) {
    std::vector<uint32_t> order(count);
    std::iota(order.begin(), order.end(), 0);
    Shuffle(std::span(order));
    return order;
  }

 private:
  static constexpr uint64_t kStep = 0x9E3779B97F4A7C15;
  static constexpr uint64_t Mix(uint64_t bits) {
    bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9;
    bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EB;
    return bits ^ (bits >> 31);
  }

  uint64_t state_;
};

}  // namespace slipway
