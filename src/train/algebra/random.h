#pragma once
#include <cstdint>
#include <numeric>
#include <random>
#include <utility>
#include <vector>

namespace slipway::train {

/// Numbers that follow from a seed; its results are the same everywhere.
class Random {
 public:
  explicit Random(uint64_t seed) : engine_(seed) {}
  /// In [0, 1).
  double Uniform() { return static_cast<double>(engine_() >> 11) * 0x1p-53; }
  /// In [0, count). The bias is below count / 2^64.
  size_t Below(size_t count) { return engine_() % count; }
  /// 0 … count − 1 in random order.
  std::vector<uint32_t> Order(size_t count) {
    std::vector<uint32_t> order(count);
    std::iota(order.begin(), order.end(), 0);
    for (size_t i = count; i > 1; --i) std::swap(order[i - 1], order[Below(i)]);
    return order;
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace slipway::train
