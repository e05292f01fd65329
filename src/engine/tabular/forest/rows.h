#pragma once
// What is scored.

#include <cstddef>

namespace slipway::forest {

/// [count, features], row-major, of the type that ForestSpec::compare names. NaN is a missing
/// value. Borrowed; of any alignment that the element type allows.
struct Rows {
  const void* values = nullptr;
  size_t count = 0;
  size_t stride = 0;  // elements from one row to the next, >= features
};

}  // namespace slipway::forest
