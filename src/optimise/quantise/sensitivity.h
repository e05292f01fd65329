#pragma once
// Which nodes suffer most from INT8.

#include <string>
#include <vector>

#include "base/status.h"
#include "optimise/quantise/qdq.h"

namespace slipway::optimise {

struct NodeError {
  std::string output;  // the node's first
  double error = 0;    // of the model's answers when it alone is in INT8, as a share of their size
};

/// The error that each Conv, Gemm and MatMul brings alone, largest first; equal ones in the graph's
/// order. Cost: a model loaded, and run on kSensitivityRows, for each.
inline constexpr size_t kSensitivityRows = 32;
StatusOr<std::vector<NodeError>> MeasureNodes(const ModelProto& model,
                                              const StringMap<Range>& ranges,
                                              const QdqOptions& options, const Workshop& workshop);

}  // namespace slipway::optimise
