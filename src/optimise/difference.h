#pragma once
// How far the answers of a changed model are from those of the original.

#include <string>
#include <vector>

#include "base/status.h"
#include "tensor/tensor.h"

namespace slipway::optimise {

struct Difference {
  double largest = 0;      // |a - b| of numbers
  double relative = 0;     // the root of the mean square of a - b, as a share of that of a
  double correlation = 1;  // Pearson's, of all numbers; 1 when they are constant and equal
  double differing = 0;    // share of whole numbers, booleans and texts that are not equal
  std::string worst;       // the output and place of `largest`: "scores[3]"; "" when there is none
};

/// Compares outputs by their order.
/// @return kInternal naming the output when counts, types or shapes differ.
StatusOr<Difference> Compare(const std::vector<NamedTensor>& original,
                             const std::vector<NamedTensor>& changed);

}  // namespace slipway::optimise
