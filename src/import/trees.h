#pragma once
// Tree ensembles of every framework, as one shape that is checked once and written as
// ai.onnx.ml 5 TreeEnsemble.

#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"
#include "import/graph.h"
#include "tensor/dtype.h"

namespace slipway::importing {

/// What a split asks of its feature x; the numbers are TreeEnsemble's.
enum class SplitMode : uint8_t {
  kLessOrEqual = 0,  // x <= threshold
  kLess = 1,         // x < threshold
  kMember = 6,       // x is one of `members`
};

/// What a split reads of its feature before it asks.
enum class Reading : uint8_t {
  kAsIs,
  kFloor,          // the largest whole number <= x: XGBoost's categories
  kTruncated,      // the whole part of x: LightGBM's categories
  kZeroIsMissing,  // |x| <= kZeroBound counts as missing: LightGBM's zero_as_missing
};
inline constexpr double kZeroBound = 1e-35F;

/// A child is another split of the same tree (>= 0), or leaf number ~child (< 0).
struct Split {
  int64_t feature = 0;
  Reading reading = Reading::kAsIs;
  SplitMode mode = SplitMode::kLessOrEqual;
  double threshold = 0;
  std::vector<double> members;
  bool missing_is_true = false;  // where a missing value goes: NaN, and what `reading` adds
  int32_t on_true = 0;
  int32_t on_false = 0;
};

struct Tree {
  std::vector<Split> splits;   // splits[0] is the root; empty: leaf 0 is the tree
  std::vector<double> leaves;  // [leaf][leaf_width]
  int64_t target = 0;          // which output a leaf of width 1 adds to
};

struct TreeEnsemble {
  std::string name;            // for messages: "RandomForestClassifier"
  DType dtype = DType::kFp64;  // what the framework compares and adds in: kFp32 or kFp64
  int64_t targets = 1;         // outputs
  int64_t leaf_width = 1;      // 1, or `targets` when each leaf adds to every output
  std::vector<Tree> trees;
};

/// ONNX Runtime reads trees by recursion: 50,000 levels overflow its stack, 5,000 do not.
inline constexpr int kMaxTreeDepth = 2000;

/// Adds the sum of all trees: [n, targets] of ensemble.dtype.
/// @param x  of ensemble.dtype.
/// @return kBadModel naming tree, node and rule when a child is out of range, a split or leaf is
///   reached twice or never (cycles included), a feature is not a column of x, a threshold is NaN,
///   or sizes disagree; kUnsupported for trees deeper than kMaxTreeDepth; kTooLarge when they do
///   not fit into the graph.
/// Features that are not read as they are become further columns behind those of x.
/// Leaves wider than 1 become leaf numbers and a table: TreeEnsemble with one target a tree whose
/// weights are row numbers → Cast → Gather(table) → ReduceSum over trees.
StatusOr<Matrix> AddTrees(Graph& graph, const TreeEnsemble& ensemble, const Matrix& x);

}  // namespace slipway::importing
