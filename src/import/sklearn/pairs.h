#pragma once
// One classifier for each pair of classes (i, j), i < j, in the order (0,1), (0,2), …, (1,2), …

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "import/graph.h"

namespace slipway::importing::sklearn {

/// Tables over pairs grow with the cube of the classes: more are refused.
inline constexpr int64_t kMaxPairedClasses = 200;

/// All pairs of `classes` classes: classes·(classes − 1)/2.
std::vector<std::pair<int64_t, int64_t>> PairsOf(int64_t classes);

/// Votes and confidences of pairs as a decision function of one column a class: the votes, moved by
/// less than half a vote by the sums of confidences (_ovr_decision_function).
/// @param for_second   BOOL [n, pairs]: whether j is voted for.
/// @param confidences  FP64 [n, pairs]: positive speaks for j.
Matrix OneVsRestOfPairs(Graph& graph, const Matrix& for_second, const Matrix& confidences,
                        int64_t classes);

/// The same of votes that are counted: FP64 [n, classes].
Matrix OneVsRestOfVotes(Graph& graph, const Matrix& votes, const Matrix& confidences,
                        int64_t classes);

/// The number of votes of each class: FP64 [n, classes].
Matrix CountVotes(Graph& graph, const Matrix& for_second, int64_t classes);
/// Those of values [n, pairs], as scikit-learn counts what regressors say: 0 is a vote for i, 1 one
/// for j, and any other number none.
Matrix CountExactVotes(Graph& graph, const Matrix& values, int64_t classes);

/// Probabilities of classes from those of pairs, by libsvm's iteration (Wu, Lin and Weng 2004,
/// second method) with libsvm's stop: FP64 [n, classes].
/// @param first  FP64 [n, pairs]: the probability of i of the pair (i, j).
Matrix CouplePairs(Graph& graph, const Matrix& first, int64_t classes);

}  // namespace slipway::importing::sklearn
