#include "tensor/shape.h"

namespace slipway {

StatusOr<int64_t> ElementCount(std::span<const int64_t> shape) {
  if (shape.size() > kMaxRank)
    return Error(Reason::kBadRequest, "expected at most {} dimensions, got {}", kMaxRank,
                 shape.size());
  int64_t count = 1;
  bool zero = false;
  for (const int64_t dim : shape) {
    if (dim < 0)
      return Error(Reason::kBadRequest, "expected dimensions >= 0, got {}", ToString(shape));
    if (dim == 0) zero = true;
  }
  if (zero) return 0;
  for (const int64_t dim : shape)
    if (__builtin_mul_overflow(count, dim, &count))
      return Error(Reason::kBadRequest, "element count of {} exceeds 2^63-1", ToString(shape));
  return count;
}

StatusOr<int64_t> ByteCount(DType dtype, std::span<const int64_t> shape) {
  ASSIGN_OR_RETURN(const int64_t count, ElementCount(shape));
  const int64_t size = dtype == DType::kBytes ? 4 : static_cast<int64_t>(ElementSize(dtype));
  int64_t bytes;
  if (__builtin_mul_overflow(count, size, &bytes))
    return Error(Reason::kBadRequest, "byte size of {} exceeds 2^63-1", ToString(dtype, shape));
  return bytes;
}

bool Matches(std::span<const int64_t> pattern, std::span<const int64_t> shape) {
  if (pattern.size() != shape.size()) return false;
  for (size_t i = 0; i < shape.size(); ++i)
    if (pattern[i] != -1 && pattern[i] != shape[i]) return false;
  return true;
}

std::string ToString(std::span<const int64_t> shape) {
  std::string text = "[";
  for (size_t i = 0; i < shape.size(); ++i) {
    if (i > 0) text += ',';
    text += std::to_string(shape[i]);
  }
  return text + "]";
}

std::string ToString(DType dtype, std::span<const int64_t> shape) {
  return fmt::format("{} {}", NameOf(dtype), ToString(shape));
}

}  // namespace slipway
