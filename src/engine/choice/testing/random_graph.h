#pragma once
// Small graphs over rows, made from a seed, with what is needed to compare engines on them.

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "onnx/builder.h"
#include "tensor/tensor.h"

namespace slipway::testing {

/// How close two engines have to be on a value.
struct Closeness {
  bool exact = true;  // the same numbers; 0 and -0 are one, and so are all NaN
  double scale = 1;   // else: what errors are relative to, which sums may cancel
};

/// What inputs may be besides small numbers, zeros of both signs and the ends of whole numbers.
enum class Special : uint8_t { kNone, kInfinities, kAll };

/// A graph of a few operators. Numbers are dyadic fractions as long as sums of them are exact in
/// any order, so that engines may be compared number by number; where they are not, or a function
/// is only close, what depends on which side of a line a number is does not follow.
struct RandomGraph {
  onnx::Builder model;
  Special special = Special::kAll;
  std::vector<DType> input_dtypes;
  std::vector<Shape> input_tails;
  std::vector<Closeness> outputs;

  /// Values for input `i`.
  Tensor Input(size_t i, int64_t rows, uint64_t seed) const;
};

RandomGraph MakeRandomGraph(uint64_t seed);

}  // namespace slipway::testing
