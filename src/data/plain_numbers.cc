#include "data/plain_numbers.h"

#include "data/row_batch.h"
#include "text/plain_decimal.h"

namespace slipway::data {

#if defined(__x86_64__)

namespace {

static_assert(RowBatch::kLookBehind >= kPlainLookBehind);

/// 10^0 … 10^16.
constexpr double kPowersOfTen[] = {1e0, 1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7, 1e8,
                                   1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16};
constexpr uint64_t kExactWhole = uint64_t{1} << 53;

/// Digits and power are exact, so that one division rounds once: to the nearest (Clinger 1990).
SLIPWAY_SSE41 size_t ReadRun(const std::string_view* cells, size_t stride, size_t count,
                             double* out) {
  for (size_t i = 0; i < count; ++i, cells += stride) {
    PlainDecimal number;
    if (cells->empty() ||
        !ScanPlainDecimal(cells->data(), cells->data() + cells->size(), &number) ||
        number.digits > kExactWhole)
      return i;
    const double value =
        static_cast<double>(static_cast<int64_t>(number.digits)) / kPowersOfTen[number.fraction];
    out[i] = number.negative ? -value : value;
  }
  return count;
}

}  // namespace

size_t ReadPlainNumbers(const std::string_view* cells, size_t stride, size_t count, double* out) {
  static const bool has_sse41 = __builtin_cpu_supports("sse4.1");
  return has_sse41 ? ReadRun(cells, stride, count, out) : 0;
}

#else

size_t ReadPlainNumbers(const std::string_view*, size_t, size_t, double*) { return 0; }

#endif

}  // namespace slipway::data
