#pragma once
// Takes numbers and strings off the front of bytes; never reads past their end.

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "base/status.h"

namespace slipway::importing::xgboost {

/// Errors: kBadModel "XGBoost model, byte 17: expected 8 more bytes, got 3".
/// Threads: one at a time. The bytes outlive the reader and what it returns.
class ByteReader {
 public:
  explicit ByteReader(std::span<const std::byte> bytes) : all_(bytes), rest_(bytes) {}

  size_t position() const { return all_.size() - rest_.size(); }
  size_t left() const { return rest_.size(); }
  bool StartsWith(std::string_view text) const {
    return left() >= text.size() && std::memcmp(rest_.data(), text.data(), text.size()) == 0;
  }

  StatusOr<std::span<const std::byte>> Take(uint64_t size) {
    if (size > left()) return Expected("{} more bytes, got {}", size, left());
    const auto taken = rest_.first(size);
    rest_ = rest_.subspan(size);
    return taken;
  }
  StatusOr<std::string_view> TakeText(uint64_t size) {
    ASSIGN_OR_RETURN(const auto taken, Take(size));
    return std::string_view(reinterpret_cast<const char*>(taken.data()), taken.size());
  }
  template <typename T>
  StatusOr<T> Take(std::endian order) {
    static_assert(std::endian::native == std::endian::little);
    ASSIGN_OR_RETURN(const auto taken, Take(sizeof(T)));
    std::byte bytes[sizeof(T)];
    std::copy(taken.begin(), taken.end(), bytes);
    if (order == std::endian::big) std::reverse(bytes, bytes + sizeof(T));
    return std::bit_cast<T>(bytes);
  }

  template <typename... Args>
  Status Expected(fmt::format_string<Args...> format, Args&&... args) const {
    return Error(Reason::kBadModel, "XGBoost model, byte {}: expected {}", position(),
                 fmt::format(format, std::forward<Args>(args)...));
  }

 private:
  std::span<const std::byte> all_;
  std::span<const std::byte> rest_;
};

}  // namespace slipway::importing::xgboost
