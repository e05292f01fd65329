#pragma once
// The thirteen data types of the Open Inference Protocol.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace slipway {

enum class DType : uint8_t {
  kBool,
  kUint8,
  kUint16,
  kUint32,
  kUint64,
  kInt8,
  kInt16,
  kInt32,
  kInt64,
  kFp16,
  kBf16,
  kFp32,
  kFp64,
  kBytes,
};
inline constexpr int kDTypeCount = static_cast<int>(DType::kBytes) + 1;

/// "FP32", "BYTES", … as the protocol spells them.
std::string_view NameOf(DType dtype);

/// Exact spelling only; nullopt otherwise.
std::optional<DType> ParseDType(std::string_view name);

/// Bytes of one element; 0 for BYTES, whose elements vary.
size_t ElementSize(DType dtype);

}  // namespace slipway
