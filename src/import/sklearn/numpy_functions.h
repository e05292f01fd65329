#pragma once
// Functions of numpy that a FunctionTransformer applies.

#include <string_view>

#include "base/status.h"
#include "import/graph.h"
#include "import/sklearn/state.h"

namespace slipway::importing::sklearn {

/// The function of numpy under `key`, of each element of x; x itself when there is none.
/// @param arguments  the attribute that holds its further arguments: none are supported
/// @return kUnsupported naming any other function.
StatusOr<Matrix> ApplyNumpyFunction(Graph& graph, const State& state, std::string_view key,
                                    std::string_view arguments, const Matrix& x);

}  // namespace slipway::importing::sklearn
