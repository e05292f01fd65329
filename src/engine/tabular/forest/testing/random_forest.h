#pragma once
// Ensembles and rows made up for tests, benches and fuzzing.

#include <cstdint>
#include <cstring>
#include <vector>

#include "engine/tabular/forest/spec.h"

namespace slipway::forest::testing {

/// Bits for decisions: from a seed, or first from given bytes and then from what they hash to.
class Dice {
 public:
  explicit Dice(uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15u + 0xD1B54A32D192ED03u) {}
  Dice(const uint8_t* bytes, size_t size) : Dice(size) {
    for (size_t i = 0; i < size; ++i) state_ = (state_ ^ bytes[i]) * 0x100000001B3u + 1;
    bytes_ = bytes;
    left_ = size;
  }

  uint64_t Next() {
    state_ += 0x9E3779B97F4A7C15u;
    uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }
  size_t Below(size_t end) {
    if (left_ > 0 && end <= 256) {
      --left_;
      return *bytes_++ % end;
    }
    return Next() % end;
  }
  bool OneIn(size_t n) { return Below(n) == 0; }

 private:
  uint64_t state_;
  const uint8_t* bytes_ = nullptr;
  size_t left_ = 0;
};

struct ForestKind {
  size_t trees = 20;
  uint32_t depth = 6;
  int32_t features = 10;
  int32_t targets = 1;
  bool wide = false;
  bool mixed_targets = false;
  bool full = false;       // every tree has 2^depth leaves
  bool all_modes = false;  // not <= alone
  size_t grid = 0;         // > 0: thresholds are this many whole numbers
  Compare compare = Compare::kFp32;
  Sum sum = Sum::kFp32;
  bool average = false;
  bool base_values = false;
};

/// A valid ensemble of that kind; trees are lopsided, degenerate and single leaves now and then.
ForestSpec MakeForest(const ForestKind& kind, Dice& dice);

/// [rows, features]: thresholds, their neighbours, NaN, infinities, zeros of both signs, denormals,
/// plain numbers.
std::vector<double> MakeRows(const ForestSpec& spec, size_t rows, Dice& dice);

}  // namespace slipway::forest::testing
