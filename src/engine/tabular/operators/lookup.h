#pragma once
#include <memory>

#include "engine/tabular/lowering.h"

namespace slipway::tabular {

/// Entries of a constant table by whole numbers, which trees with vectors for leaves take over.
class Lookup : public Step {
 public:
  virtual Slot index() const = 0;
  virtual const Tensor& table() const = 0;
};

/// Entries of a constant table by INT64 rows.
StatusOr<Value> EmitLookup(Lowering& node, const Value& index, std::shared_ptr<const Tensor> table);

}  // namespace slipway::tabular
