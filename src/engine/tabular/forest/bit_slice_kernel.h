#pragma once
// What a bit-sliced tree is made of, and the steps written for each instruction set. Private to the
// folder.

#include <cstddef>
#include <cstdint>

#include "engine/tabular/forest/evaluator.h"

namespace slipway::forest {

/// Word by word, bit r of a slot's words is a yes or no for row r.
using Slot = uint16_t;
inline constexpr Slot kZeros = 0;
inline constexpr Slot kOnes = 1;
inline constexpr Slot kLeafBits = 2;  // eight: the bits of each row's leaf number
inline constexpr Slot kSplits = 10;   // one a split: the row would go right there
inline constexpr size_t kMostSlots = kSplits + 2 * 255;
inline constexpr size_t kBlockWords = kBlockRows / 64;

/// slot = (the row's number in `column` is above `rank`)
struct SliceCompare {
  uint16_t column = 0;
  uint16_t rank = 0;
};

/// into = select ? high : low, bit by bit
struct SliceMux {
  Slot into = 0;
  Slot select = 0;
  Slot low = 0;
  Slot high = 0;
};

struct SliceTree {
  const SliceCompare* compares = nullptr;
  const SliceMux* muxes = nullptr;
  uint16_t compare_count = 0;
  uint16_t mux_count = 0;
  uint16_t leaf_count = 0;
  uint8_t leaf_bits = 0;
};

/// For each of words · 64 rows, its leaf of the tree.
/// @param bins   [column][kBlockRows]
/// @param slots  [slot][words]; kZeros and kOnes are set.
/// @param words  1, 2, 4 or 8
template <typename Bin>
using SelectLeaves = void (*)(const SliceTree& tree, const Bin* bins, size_t words, uint64_t* slots,
                              uint8_t* leaf_of_row);

/// sums[row] += leaves[leaf_of_row[row]] for `rows` rows, a multiple of 64.
/// @param leaves  64 or 256 values may be read.
template <typename Out>
using AddLeaves = void (*)(const uint8_t* leaf_of_row, size_t rows, const Out* leaves,
                           size_t leaf_count, Out* sums);

template <typename Bin, typename Out>
struct SliceSteps {
  SelectLeaves<Bin> select = nullptr;
  AddLeaves<Out> add = nullptr;
};

void TakeAvx2(SliceSteps<uint8_t, float>& to);
void TakeAvx2(SliceSteps<uint8_t, double>& to);
void TakeAvx2(SliceSteps<uint16_t, float>& to);
void TakeAvx2(SliceSteps<uint16_t, double>& to);
void TakeAvx512(SliceSteps<uint8_t, float>& to);
void TakeAvx512(SliceSteps<uint8_t, double>& to);
void TakeAvx512(SliceSteps<uint16_t, float>& to);
void TakeAvx512(SliceSteps<uint16_t, double>& to);

}  // namespace slipway::forest
