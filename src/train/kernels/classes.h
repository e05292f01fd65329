#pragma once
// Answers of an estimator that knows only the classes that occur, in terms of all labels.

#include <cstdint>
#include <string>
#include <vector>

#include "import/graph.h"

namespace slipway::train {

/// Places in `classes` [n] as places among the labels.
std::string LabelOf(importing::Graph& graph, const std::string& place,
                    const std::vector<int32_t>& classes, size_t labels);
/// Probabilities [n, classes] as those of all labels: 0 for what does not occur.
importing::Matrix WithAbsentClasses(importing::Graph& graph, const importing::Matrix& proba,
                                    const std::vector<int32_t>& classes, size_t labels);

}  // namespace slipway::train
