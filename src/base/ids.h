#pragma once
// Names of things, checked once where they enter.

#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"

namespace slipway {

/// A model's name: 1–255 bytes, no "/", no control characters, not "." or "..", no leading or
/// trailing space, valid UTF-8. "...", "..my_model" and "model..1" are fine.
class ModelName {
 public:
  static StatusOr<ModelName> Parse(std::string_view text);
  const std::string& str() const { return text_; }
  auto operator<=>(const ModelName&) const = default;

 private:
  explicit ModelName(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

/// A version is a whole number ≥ 1 (Triton's and TensorFlow Serving's folder names).
struct VersionNumber {
  int64_t value = 0;
  auto operator<=>(const VersionNumber&) const = default;

  /// Digits only, no sign, no leading zero; at most 2^63 − 1.
  static std::optional<VersionNumber> Parse(std::string_view text);
  std::string str() const { return std::to_string(value); }
};

/// An alias is `[a-z][a-z0-9._-]{0,62}`; "latest" is built in.
bool IsAlias(std::string_view text);
inline constexpr std::string_view kLatestAlias = "latest";

}  // namespace slipway
