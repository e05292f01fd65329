#pragma once
// What a table may take of memory: charged before it is allocated.

#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"

namespace slipway::data {

class MemoryBudget {
 public:
  explicit MemoryBudget(size_t limit_bytes) : limit_bytes_(limit_bytes) {}

  /// kTooLarge when it is more than is left; nothing is taken then.
  Status Take(size_t bytes) {
    if (bytes <= limit_bytes_ - taken_bytes_) {
      taken_bytes_ += bytes;
      return OkStatus();
    }
    return Error(Reason::kTooLarge,
                 "the table takes more than {} MB of memory: read a sample of its rows (--sample)",
                 limit_bytes_ >> 20);
  }
  void Return(size_t bytes) { taken_bytes_ -= bytes; }

  /// So many elements in all, now or soon: the first growth makes room for them.
  void ExpectRows(size_t rows) { expected_rows_ = rows; }

  /// Room for `size` elements, growing by halves.
  template <typename T>
  Status Reserve(std::vector<T>& values, size_t size) {
    if (size <= values.capacity()) return OkStatus();
    size_t capacity = std::max(size, values.capacity() + values.capacity() / 2);
    const size_t left = (limit_bytes_ - taken_bytes_) / sizeof(T) + values.capacity();
    if (capacity < expected_rows_ && expected_rows_ <= left) capacity = expected_rows_;
    if (capacity > left) capacity = size;
    RETURN_IF_ERROR(Take((capacity - values.capacity()) * sizeof(T)));
    values.reserve(capacity);
    return OkStatus();
  }
  template <typename T>
  void Free(std::vector<T>& values) {
    Return(values.capacity() * sizeof(T));
    values = {};
  }

 private:
  size_t limit_bytes_;
  size_t taken_bytes_ = 0;
  size_t expected_rows_ = 0;
};

}  // namespace slipway::data
