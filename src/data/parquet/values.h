#pragma once
// What the stored bytes of a value stand for.

#include <string>
#include <string_view>

#include "data/parquet/footer.h"
#include "data/table.h"

namespace slipway::data::parquet {

/// kText for words, kTime for dates and timestamps, kBoolean, else kNumber.
ColumnType TypeOf(const ColumnSchema& column);

/// Values of a column with a width, one after the other, as numbers: times in seconds since 1970,
/// times of day since midnight, all others to the nearest double.
/// @param bytes  [count, column.width], little-endian.
void NumbersOf(const ColumnSchema& column, const char* bytes, size_t count, double* out);

/// Bytes of a decimal, at most: 76 digits.
inline constexpr size_t kMaxDecimalBytes = 32;
/// An unscaled big-endian number, shifted by `scale` digits; the nearest double.
double DecimalOf(std::string_view bytes, int32_t scale);

/// Appends one value as it would be written in CSV, exactly: 2024-02-29 23:59:59.5.
void AppendText(const ColumnSchema& column, std::string_view bytes, std::string& out);

}  // namespace slipway::data::parquet
