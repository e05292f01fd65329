#pragma once
// TensorFlow's data types. Source: tensorflow/core/framework/types.proto

#include <cstdint>
#include <optional>
#include <string_view>

#include "tensor/dtype.h"

namespace slipway::tfserving {

/// "DT_FLOAT", "DT_STRING", … Static storage.
std::string_view DataTypeName(DType dtype);

/// The same as a number of the enum DataType.
uint32_t DataTypeNumber(DType dtype);

/// nullopt for numbers of no data type that a model has.
std::optional<DType> DTypeOf(uint64_t number);

}  // namespace slipway::tfserving
