#pragma once
// Random numbers that are the same everywhere: SplitMix64 (Steele, Lea, Flood 2014), and whole
// numbers below a bound by multiplication with rejection (Lemire 2019). The standard library's
// distributions differ between libraries.

#include <cstdint>
#include <span>
#include <utility>

namespace slipway::data {

class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  /// One stream of many of a seed: of a row, say.
  Random(uint64_t seed, uint64_t stream) : state_(seed) { state_ = Next() + stream * kStep; }

  uint64_t Next() {
    state_ += kStep;
    uint64_t bits = state_;
    bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9;
    bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EB;
    return bits ^ (bits >> 31);
  }

  /// Each of 0 … bound - 1 with the same chance; bound > 0.
  uint64_t Below(uint64_t bound) {
    const uint64_t unfair = (0 - bound) % bound;
    for (;;) {
      const auto product = static_cast<unsigned __int128>(Next()) * bound;
      if (static_cast<uint64_t>(product) >= unfair) return static_cast<uint64_t>(product >> 64);
    }
  }

  /// Fisher and Yates.
  template <typename T>
  void Shuffle(std::span<T> values) {
    for (size_t i = values.size(); i > 1; --i) std::swap(values[i - 1], values[Below(i)]);
  }

 private:
  static constexpr uint64_t kStep = 0x9E3779B97F4A7C15;
  uint64_t state_;
};

}  // namespace slipway::data
