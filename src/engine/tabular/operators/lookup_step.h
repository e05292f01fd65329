#pragma once
#include "engine/tabular/program.h"

namespace slipway::tabular {

/// Entries of a constant table by whole numbers, which trees with vectors for leaves take over.
class Lookup : public Step {
 public:
  virtual Slot index() const = 0;
  virtual const Tensor& table() const = 0;
};

}  // namespace slipway::tabular
