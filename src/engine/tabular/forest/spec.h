#pragma once
// A tree ensemble as ai.onnx.ml 5 TreeEnsemble states it, after its attributes have been read.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/status.h"

namespace slipway::forest {

/// What a split asks of its feature x; the numbers are TreeEnsemble's.
enum class SplitMode : uint8_t {
  kLessOrEqual = 0,
  kLess = 1,
  kGreaterOrEqual = 2,
  kGreater = 3,
  kEqual = 4,
  kNotEqual = 5,
  kMember = 6,  // x is one of the split's members
};

/// A child is another split of the same tree (>= 0), or leaf number ~child (< 0).
struct Split {
  double threshold = 0;  // NaN: the question is answered "no" whatever x is (kNotEqual: "yes")
  int32_t feature = 0;
  int32_t on_true = -1;
  int32_t on_false = -1;
  SplitMode mode = SplitMode::kLessOrEqual;
  bool missing_is_true = false;  // where NaN goes, in every mode
  uint32_t members_begin = 0;    // kMember: ForestSpec::members[begin, begin + count)
  uint32_t members_count = 0;
};

struct Tree {
  std::vector<Split> splits;          // splits[0] is the root; empty: leaf 0 is the tree
  std::vector<double> leaves;         // [leaf][leaf_width]
  int32_t target = 0;                 // where a leaf of width 1 adds, unless leaf_targets says
  std::vector<int32_t> leaf_targets;  // [leaf], or empty; only with leaf_width 1
};

/// The type of the values of a row, and what they are compared in. Thresholds are given in double:
/// a float32 x answers x <= t as it answers x <= (t rounded down to float32), which is exact.
enum class Compare : uint8_t {
  kFp32,      // float32 rows
  kFp64,      // float64 rows
  kFp64To32,  // float64 rows, each value rounded to float32 first (scikit-learn's trees)
};

enum class Sum : uint8_t { kFp32, kFp64 };

struct ForestSpec {
  int32_t features = 0;    // columns of a row
  int32_t targets = 1;     // outputs of a row
  int32_t leaf_width = 1;  // 1, or `targets` when each leaf adds to every output
  Compare compare = Compare::kFp32;
  Sum sum = Sum::kFp32;  // what leaves are rounded to and added in; also the type of the outputs
  bool average = false;  // the sum is divided by the number of trees
  std::vector<Tree> trees;
  std::vector<double> members;
  std::vector<double> base_values;  // [targets], added last; or empty
};

/// @return kBadModel naming tree, split and rule when a number is out of its range, a child is
///   missing, or a split is reached twice or never (cycles included). Leaves may be shared.
/// Cost: O(nodes); no recursion.
Status Check(const ForestSpec& spec);

}  // namespace slipway::forest
