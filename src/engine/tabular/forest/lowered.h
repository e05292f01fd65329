#pragma once
// A checked ensemble in the one form that all kernels are built from: every split asks whether its
// row's number in some column is above the split's rank. Private to the folder.

#include <cstdint>
#include <span>
#include <vector>

#include "engine/tabular/forest/spec.h"

namespace slipway::forest {

/// A question family about one feature. Ordered: the number of x is how many cuts are below it, so
/// x <= cuts[r] exactly when its number is <= r. Set: 0 for a member, 1 for any other x.
/// NaN has number 0 where missing_left, else the highest.
struct Column {
  int32_t feature = 0;
  bool missing_left = false;
  bool is_set = false;
  std::vector<double> cuts;  // ascending, distinct; each representable in the compared type

  uint32_t highest() const { return is_set ? 1 : static_cast<uint32_t>(cuts.size()); }
};

/// Goes right when the row's number in `column` is above `rank`. Children as in Split, leaves
/// counted from the left.
struct Node {
  uint32_t column = 0;
  uint32_t rank = 0;
  int32_t left = -1;
  int32_t right = -1;
};

struct LoweredTree {
  uint32_t first_node = 0;  // in Lowered::nodes
  uint32_t node_count = 0;
  uint32_t first_leaf = 0;  // in Lowered::leaves, in units of leaf_width
  uint32_t leaf_count = 0;
  uint32_t depth = 0;  // most splits from the root to a leaf
  int32_t target = 0;
};

struct Lowered {
  int32_t features = 0;
  int32_t targets = 1;
  int32_t leaf_width = 1;
  Compare compare = Compare::kFp32;
  Sum sum = Sum::kFp32;
  std::vector<Column> columns;
  std::vector<LoweredTree> trees;
  std::vector<Node> nodes;            // tree by tree, a parent before its children
  std::vector<double> leaves;         // [leaf][leaf_width]
  std::vector<int32_t> leaf_targets;  // [leaf]; empty where each tree has one target

  /// A tree's nodes, as its children count them.
  std::span<const Node> NodesOf(const LoweredTree& tree) const {
    return std::span(nodes).subspan(tree.first_node, tree.node_count);
  }
  bool compares_floats() const { return compare != Compare::kFp64; }
};

/// @param spec  passes Check.
/// Cost: O(nodes), but for the members of sets, which are sorted.
Lowered Lower(const ForestSpec& spec);

/// Sorted members contain x. NaN is never one.
bool Contains(std::span<const double> members, double x);

}  // namespace slipway::forest
