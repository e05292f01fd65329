#pragma once
#include "engine/tabular/program.h"

namespace slipway::tabular {

/// A cast of numbers, which trees take over: they compare in the type that it casts to.
class Cast : public Step {
 public:
  virtual DType to() const = 0;
};

}  // namespace slipway::tabular
