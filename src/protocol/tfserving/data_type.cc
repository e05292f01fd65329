#include "protocol/tfserving/data_type.h"

#include <algorithm>

namespace slipway::tfserving {
namespace {

struct DataType {
  DType dtype;
  uint32_t number;
  std::string_view name;
};
constexpr DataType kTypes[] = {
    {DType::kFp32, 1, "DT_FLOAT"},     {DType::kFp64, 2, "DT_DOUBLE"},
    {DType::kInt32, 3, "DT_INT32"},    {DType::kUint8, 4, "DT_UINT8"},
    {DType::kInt16, 5, "DT_INT16"},    {DType::kInt8, 6, "DT_INT8"},
    {DType::kBytes, 7, "DT_STRING"},   {DType::kInt64, 9, "DT_INT64"},
    {DType::kBool, 10, "DT_BOOL"},     {DType::kBf16, 14, "DT_BFLOAT16"},
    {DType::kUint16, 17, "DT_UINT16"}, {DType::kFp16, 19, "DT_HALF"},
    {DType::kUint32, 22, "DT_UINT32"}, {DType::kUint64, 23, "DT_UINT64"},
};
static_assert(std::size(kTypes) == kDTypeCount);

const DataType& Find(DType dtype) { return *std::ranges::find(kTypes, dtype, &DataType::dtype); }

}  // namespace

std::string_view DataTypeName(DType dtype) { return Find(dtype).name; }

uint32_t DataTypeNumber(DType dtype) { return Find(dtype).number; }

std::optional<DType> DTypeOf(uint64_t number) {
  const auto* const found = std::ranges::find(kTypes, number, &DataType::number);
  if (found == std::end(kTypes)) return std::nullopt;
  return found->dtype;
}

}  // namespace slipway::tfserving
