#pragma once
#include <bit>
#include <cstddef>
#include <cstring>
#include <span>
#include <string_view>

#include "base/status.h"

namespace slipway::pickle {

/// Reads a stream from its front; asking for more than it has is kBadModel.
class Cursor {
 public:
  explicit Cursor(std::span<const std::byte> stream) : stream_(stream) {}

  size_t offset() const { return offset_; }
  size_t left() const { return stream_.size() - offset_; }

  StatusOr<std::string_view> Take(uint64_t size) {
    if (size > left())
      return Error(Reason::kBadModel, "expected {} bytes, got {} until the end of the file", size,
                   left());
    const std::string_view taken = Rest().substr(0, size);
    offset_ += size;
    return taken;
  }

  /// Up to a newline, which is taken and left out.
  StatusOr<std::string_view> TakeLine() {
    const size_t end = Rest().find('\n');
    if (end == std::string_view::npos)
      return Error(Reason::kBadModel, "expected a line, got none until the end of the file");
    const std::string_view line = Rest().substr(0, end);
    offset_ += end + 1;
    return line;
  }

  /// A little-endian integer.
  template <typename T>
  StatusOr<T> TakeInteger() {
    static_assert(std::endian::native == std::endian::little);
    ASSIGN_OR_RETURN(const std::string_view bytes, Take(sizeof(T)));
    T value;
    std::memcpy(&value, bytes.data(), sizeof(T));
    return value;
  }

 private:
  std::string_view Rest() const {
    return {reinterpret_cast<const char*>(stream_.data()) + offset_, left()};
  }

  std::span<const std::byte> stream_;
  size_t offset_ = 0;
};

}  // namespace slipway::pickle
