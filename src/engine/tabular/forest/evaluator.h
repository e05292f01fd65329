#pragma once
// What the kernels have in common. Private to the folder.

#include <cstddef>
#include <memory>

#include "engine/tabular/forest/forest.h"
#include "engine/tabular/forest/lowered.h"
#include "engine/tabular/forest/rows.h"

namespace slipway::forest {

inline constexpr size_t kBlockRows = 512;

/// Threads: Score is safe on a const object.
class Evaluator {
 public:
  virtual ~Evaluator() = default;

  /// Writes the sums of leaves, [rows.count, targets]; neither averaged nor based.
  /// @param rows  at most kBlockRows.
  virtual void Score(const Rows& rows, void* sums) const = 0;

  virtual size_t bytes() const = 0;
};

/// 64-byte aligned memory of the calling thread, at least `bytes`; what it held is lost with the
/// next call. Kept until the thread ends.
std::byte* ThreadScratch(size_t bytes);

}  // namespace slipway::forest
