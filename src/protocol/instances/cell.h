#pragma once
// One cell of a table → one element of a tensor.

#include <cstddef>
#include <string>
#include <string_view>

#include "base/status.h"
#include "tensor/dtype.h"
#include "tensor/signature.h"
#include "text/json_reader.h"

namespace slipway::instances {

/// Reads a scalar into `to`, ElementSize(dtype) bytes; not for BYTES. A missing value (null) is NaN
/// where the type has one; true and false are 1 and 0, as data frames have them.
/// @return kBadRequest in the reader's form for text, or for a number that the type cannot hold.
Status ReadCell(JsonReader& reader, DType dtype, std::byte* to);

/// Reads a time into `to`, an FP64 of seconds since 1970-01-01T00:00:00Z: text in ISO 8601
/// (base/iso8601.h), "" a missing one, or what ReadCell takes.
/// @return kBadRequest in the reader's form for any other text.
Status ReadTimeCell(JsonReader& reader, std::byte* to);

/// Reads a scalar of a column declared as `kind` (not kString) into `to`, FP32 or FP64, as MLflow
/// casts it: whole-number kinds cut off a fraction, kFloat rounds to FP32, a text holds a number of
/// the kind. Missing values are NaN, and false in kBoolean; whole-number kinds have none.
/// @return kBadRequest as ReadCell; also for what the kind cannot hold.
Status ReadDeclaredCell(JsonReader& reader, ColumnSpec::Kind kind, DType dtype, std::byte* to);

/// ReadCell from the text of a CSV cell. Spaces around it are dropped. Missing are "", "NaN" and
/// "nan"; infinities "inf" and "-inf"; true and false also in the form "True" and "False".
/// @return kBadRequest "expected FP32, got "x"".
Status ParseCell(std::string_view text, DType dtype, std::byte* to);

/// ReadTimeCell from the text of a CSV cell.
/// @return kBadRequest "expected a time, got "x"".
Status ParseTimeCell(std::string_view text, std::byte* to);

/// ReadDeclaredCell from the text of a CSV cell, cast as pandas' read_csv does for MLflow's server:
/// whole-number kinds take no fraction, kBoolean takes true, false, 1 and 0, neither a missing one.
/// @return kBadRequest "expected a boolean, got "5.1"".
Status ParseDeclaredCell(std::string_view text, ColumnSpec::Kind kind, DType dtype, std::byte* to);

/// The cell is a number, a time, true or false, or stands for a missing one: it is not the name of
/// a column.
bool IsValueCell(std::string_view text);

}  // namespace slipway::instances
