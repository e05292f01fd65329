#pragma once
// Rows as small whole numbers: for each column, how many cuts are below the value. Kernels on bins
// compare 32 or 64 rows a vector, whatever the thresholds were. Private to the folder.

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/tabular/forest/evaluator.h"

namespace slipway::forest {

/// The cuts of one column as a tree of groups of 16, root first: an entry of an upper level is the
/// last cut below one group of the next, and the last group's is left out. So a search takes one
/// comparison of 16 a level.
struct CutTree {
  static constexpr size_t kGroup = 16;

  size_t feature = 0;
  uint32_t first = 0;  // of the groups, in Bins' array of cuts
  uint8_t levels = 0;
  bool is_set = false;
  uint16_t missing = 0;     // the number of NaN
  uint32_t groups[4] = {};  // of each level
};

class Bins {
 public:
  /// None where a column has more cuts than 16 bits number, or there are more columns than kMost.
  static std::unique_ptr<const Bins> Make(const Lowered& forest, Isa isa);

  static constexpr size_t kMostColumns = 4096;

  virtual ~Bins() = default;

  size_t columns() const { return columns_; }
  /// All numbers fit into 8 bits.
  bool narrow() const { return narrow_; }
  virtual size_t bytes() const = 0;

  /// out[column · column_step + row · row_step], for each column and each row.
  virtual void Number(const Rows& rows, size_t column_step, size_t row_step,
                      uint8_t* out) const = 0;
  virtual void Number(const Rows& rows, size_t column_step, size_t row_step,
                      uint16_t* out) const = 0;

 protected:
  size_t columns_ = 0;
  bool narrow_ = false;
};

}  // namespace slipway::forest
