#include "infer/classification.h"

#include <algorithm>
#include <ranges>
#include <span>

#include "tensor/half.h"

namespace slipway {
namespace {

struct Classes {
  int64_t rows = 1;
  int64_t per_row = 0;  // values of a row
  int64_t k = 0;        // ≤ per_row
};

StatusOr<Classes> ClassesOf(const Tensor& values, uint32_t k, bool batched) {
  RETURN_IF_ERROR(CheckData(values));
  const bool by_row = batched && !values.shape.empty();
  const std::span<const int64_t> row(values.shape.data() + (by_row ? 1 : 0),
                                     values.shape.size() - (by_row ? 1 : 0));
  Classes classes;
  classes.rows = by_row ? values.shape[0] : 1;
  ASSIGN_OR_RETURN(classes.per_row, ElementCount(row));
  classes.k = std::min<int64_t>(k, classes.per_row);
  int64_t total;
  if (__builtin_mul_overflow(classes.rows, classes.k, &total) || total > kMaxClassifications)
    return Error(Reason::kBadRequest, "classification: expected at most {} results, got {} x {}",
                 kMaxClassifications, classes.rows, classes.k);
  return classes;
}

/// @param value_at  (int64_t index) → the number at that index of the whole tensor.
template <typename ValueAt>
std::string WriteClasses(const Classes& classes, const std::vector<std::string>& labels,
                         ValueAt value_at) {
  std::string wire;
  std::string text;
  std::vector<int64_t> best(static_cast<size_t>(classes.k));
  for (int64_t row = 0; row < classes.rows; ++row) {
    const int64_t start = row * classes.per_row;
    const auto before = [&](int64_t a, int64_t b) {
      const auto x = value_at(start + a);
      const auto y = value_at(start + b);
      const bool x_is_nan = x != x;
      if (x_is_nan != (y != y)) return !x_is_nan;
      return x_is_nan || x == y ? a < b : x > y;
    };
    std::ranges::partial_sort_copy(std::views::iota(int64_t{0}, classes.per_row), best, before);
    for (const int64_t index : best) {
      text = fmt::format("{}:{}", value_at(start + index), index);
      if (const auto i = static_cast<size_t>(index); i < labels.size() && !labels[i].empty())
        text.append(":").append(labels[i]);
      AppendBytesElement(wire, text);
    }
  }
  return wire;
}

template <typename T>
std::string WriteAs(const Tensor& values, const Classes& classes,
                    const std::vector<std::string>& labels) {
  const auto numbers = values.as<T>();
  return WriteClasses(classes, labels, [&](int64_t i) { return numbers[static_cast<size_t>(i)]; });
}

template <float (*ToFloat)(uint16_t)>
std::string WriteHalves(const Tensor& values, const Classes& classes,
                        const std::vector<std::string>& labels) {
  const auto bits = values.as<uint16_t>();
  return WriteClasses(classes, labels,
                      [&](int64_t i) { return ToFloat(bits[static_cast<size_t>(i)]); });
}

StatusOr<std::string> Write(const Tensor& values, const Classes& classes,
                            const std::vector<std::string>& labels) {
  switch (values.dtype) {
    case DType::kUint8:
      return WriteAs<uint8_t>(values, classes, labels);
    case DType::kUint16:
      return WriteAs<uint16_t>(values, classes, labels);
    case DType::kUint32:
      return WriteAs<uint32_t>(values, classes, labels);
    case DType::kUint64:
      return WriteAs<uint64_t>(values, classes, labels);
    case DType::kInt8:
      return WriteAs<int8_t>(values, classes, labels);
    case DType::kInt16:
      return WriteAs<int16_t>(values, classes, labels);
    case DType::kInt32:
      return WriteAs<int32_t>(values, classes, labels);
    case DType::kInt64:
      return WriteAs<int64_t>(values, classes, labels);
    case DType::kFp16:
      return WriteHalves<Fp16ToFloat>(values, classes, labels);
    case DType::kBf16:
      return WriteHalves<Bf16ToFloat>(values, classes, labels);
    case DType::kFp32:
      return WriteAs<float>(values, classes, labels);
    case DType::kFp64:
      return WriteAs<double>(values, classes, labels);
    case DType::kBool:
    case DType::kBytes:
      break;
  }
  return Error(Reason::kBadRequest, "classification needs numbers, got {}",
               ToString(values.dtype, values.shape));
}

}  // namespace

StatusOr<Tensor> Classify(const Tensor& values, uint32_t k, bool batched,
                          const std::vector<std::string>& labels) {
  ASSIGN_OR_RETURN(const Classes classes, ClassesOf(values, k, batched));
  ASSIGN_OR_RETURN(std::string wire, Write(values, classes, labels));
  Tensor result;
  result.dtype = DType::kBytes;
  if (batched && !values.shape.empty()) result.shape.push_back(classes.rows);
  result.shape.push_back(classes.k);
  result.data = Buffer::Own(std::move(wire));
  return result;
}

}  // namespace slipway
