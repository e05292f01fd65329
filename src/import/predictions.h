#pragma once
// What a boosted model answers, as values of a graph.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "import/graph.h"

namespace slipway::importing {

/// What a model does not answer is absent.
struct Predictions {
  std::string label;            // INT64: positions of classes, [n]; of `labels` ones [n, labels]
  int64_t labels = 1;           // in a row
  std::optional<Matrix> proba;  // [n, classes]
  std::optional<Matrix> value;  // [n, targets]
};

/// Makes them the graph's outputs: labels or values are `predict`, one value being [n], and
/// probabilities `predict_proba`.
void WriteOutputs(Graph& graph, const Predictions& predictions);

/// [n, 1] as [n].
std::string AsVector(Graph& graph, const std::string& column);

}  // namespace slipway::importing
