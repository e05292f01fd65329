#pragma once
#include <absl/container/inlined_vector.h>

#include <cstdint>
#include <span>
#include <string>

#include "base/status.h"
#include "tensor/dtype.h"

namespace slipway {

/// Dimensions of a tensor; -1 stands for "any" in signatures and never in a tensor that holds data.
using Shape = absl::InlinedVector<int64_t, 6>;

inline constexpr int kMaxRank = 32;

/// Product of the dimensions, 1 for rank 0. kBadRequest for a negative dimension, a rank above
/// kMaxRank or a product above 2^63 − 1; the message speaks of "element count".
StatusOr<int64_t> ElementCount(std::span<const int64_t> shape);

/// ElementCount × ElementSize, checked. kBytes counts its 4-byte length prefixes only.
StatusOr<int64_t> ByteCount(DType dtype, std::span<const int64_t> shape);

/// True when `shape` has the rank of `pattern` and every dimension equals it or meets a -1.
bool Matches(std::span<const int64_t> pattern, std::span<const int64_t> shape);

/// "[-1,30]"
std::string ToString(std::span<const int64_t> shape);

/// "FP32 [-1,30]": the form every error message uses.
std::string ToString(DType dtype, std::span<const int64_t> shape);

}  // namespace slipway
