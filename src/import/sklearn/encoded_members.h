#pragma once
// Classifiers inside an ensemble that were fitted on positions in the ensemble's classes.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "import/sklearn/writer.h"

namespace slipway::importing::sklearn {

/// What such a classifier says about every class of the ensemble; 0 about those that it never saw.
struct EncodedMember {
  Matrix votes;                    // [n, classes]: 1 for the class that it predicts
  std::optional<Matrix> proba;     // [n, classes]
  std::optional<Matrix> decision;  // as it is, when it saw all classes
};

/// @return kBadModel when its classes are not positions below `classes`.
StatusOr<EncodedMember> WriteEncoded(Writer& writer, const State& member, const Table& x,
                                     int64_t classes);

/// The positions of `labels`, which must be whole numbers below `classes`.
StatusOr<std::vector<int64_t>> PositionsOf(const State& member, const Labels& labels,
                                           int64_t classes);

/// 1 at a position INT64 [n], 0 elsewhere: FP64 [n, classes].
Matrix OneHot(Graph& graph, const std::string& positions, int64_t classes);

/// The sum of matrices of one shape.
Matrix SumOf(Graph& graph, std::span<const Matrix> parts);

}  // namespace slipway::importing::sklearn
