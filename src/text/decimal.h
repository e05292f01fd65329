#pragma once
// A JSON number taken apart, and turned into a machine number with one rounding.

#include <cstdint>
#include <string_view>

namespace slipway {

/// `-12.50e3` as −1250 × 10^1. Views the text it was read from.
struct Decimal {
  std::string_view text;
  uint64_t digits = 0;   // the significant digits as one whole number, when `exact`
  int64_t exponent = 0;  // of ten; saturates at ±10^9
  bool negative = false;
  bool whole = false;  // neither a fraction nor an exponent
  bool exact = false;  // at most 19 significant digits, so `digits` holds them all
};

/// Reads a number by RFC 8259's grammar from the start of [at, end).
/// @return the byte after it; nullptr when the grammar is broken, at `*broken`.
/// Cost: O(length), no allocation.
const char* ScanDecimal(const char* at, const char* end, Decimal* out, const char** broken);

/// Nearest float or double, ties to even, rounded once from the decimal; a value too small for the
/// type becomes zero or subnormal as rounding says. False when it rounds to infinity.
bool ToFloat(const Decimal& number, float* out);
bool ToDouble(const Decimal& number, double* out);

/// The double to narrow to FP16 or BF16, whose nearest value is then that of the decimal: the
/// nearest double, or its neighbour towards the decimal when only the nearest double lies half way
/// between two such values. False as ToDouble. Cost: O(length), no allocation.
bool ToDoubleToNarrow(const Decimal& number, double* out);

/// Whole numbers only (no '.', no exponent) within the type's range.
bool ToInt64(const Decimal& number, int64_t* out);
bool ToUint64(const Decimal& number, uint64_t* out);

}  // namespace slipway
