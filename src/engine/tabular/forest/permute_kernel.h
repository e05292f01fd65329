#pragma once
// Trees as full subtrees of a few levels, and the descent written for AVX-512. Private to the
// folder.

#include <cstddef>
#include <cstdint>

namespace slipway::forest {

inline constexpr size_t kPermuteColumns = 64;

/// One or two stages of `levels` levels: 4, 5 or 6. A stage is a full binary tree in heap order
/// from 1, at lanes 1 … 2^levels − 1; lane 0 is idle, and a split that is not there never goes
/// right.
struct PermuteShape {
  size_t levels = 0;
  size_t stages = 0;

  size_t lanes() const { return size_t{1} << levels; }
  size_t stages_per_tree() const { return stages == 1 ? 1 : 1 + lanes(); }
  size_t paths() const { return size_t{1} << (levels * stages); }
};

/// @param columns  [tree][stage][lane]: whose number is compared
/// @param ranks    [tree][stage][lane]
template <typename Bin>
struct PermuteTrees {
  PermuteShape shape;
  const uint8_t* columns = nullptr;
  const Bin* ranks = nullptr;
  size_t count = 0;
  bool few_columns = false;  // at most half of kPermuteColumns
};

/// path[tree] of one row: a bit a level from the root, 1 where it went right.
/// @param row  kPermuteColumns numbers, 64-byte aligned
template <typename Bin>
using FindPaths = void (*)(const PermuteTrees<Bin>& trees, const Bin* row, uint16_t* paths);

FindPaths<uint8_t> FindPathsAvx512(const PermuteTrees<uint8_t>& trees);
FindPaths<uint16_t> FindPathsAvx512(const PermuteTrees<uint16_t>& trees);

}  // namespace slipway::forest
