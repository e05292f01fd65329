#pragma once
#include <cstdint>
#include <list>
#include <span>
#include <vector>

namespace slipway::train {

/// Kernel rows that were computed last. Threads: one at a time.
class RowCache {
 public:
  /// @param bytes  of rows; two rows are kept in any case.
  explicit RowCache(size_t bytes) : bytes_(bytes) {}

  /// Forgets all; from now on there are `rows` rows of `length` values.
  void Reset(size_t rows, size_t length);
  /// @return the row's values [length], valid until the second next call of Get; `is_new` says that
  ///   they are to be computed.
  float* Get(size_t row, bool& is_new);
  /// Keeps some rows and, of each, the values at the same places.
  /// @param kept    ascending; row kept[i] becomes row i.
  /// @param length  of rows from now on, at least kept.size(); values past those are 0.
  void Compact(std::span<const uint32_t> kept, size_t length);

 private:
  struct Entry {
    size_t row;
    std::vector<float> values;
  };
  size_t bytes_;
  size_t length_ = 0;
  std::list<Entry> entries_;                        // the last used first
  std::vector<std::list<Entry>::iterator> places_;  // by row; end() when it is not there
};

}  // namespace slipway::train
