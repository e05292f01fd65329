#pragma once
// What weighs counted terms: inside TfidfTransformer, TfidfVectorizer and HashingVectorizer.

#include <string_view>
#include <vector>

#include "import/graph.h"
#include "import/sklearn/state.h"

namespace slipway::importing::sklearn {

/// Sparse counts divided by the norms of their rows, as the parameter `norm` says.
StatusOr<Matrix> NormalizedTerms(Graph& graph, const State& vectorizer, const Matrix& counts);

/// What `transformer`, a TfidfTransformer, makes of counts. Sparse counts stay sparse.
StatusOr<Matrix> WeighedTerms(Graph& graph, const State& transformer, const Matrix& counts);

}  // namespace slipway::importing::sklearn
