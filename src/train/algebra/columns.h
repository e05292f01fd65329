#pragma once
// Products of tall columns: what linear models spend their time on.
// There are variants for AVX-512, AVX2 and SSE2; the last bits of a result depend on which one
// runs.

#include <cstddef>

namespace slipway::train {

/// Columns of doubles, `stride` apart. Borrowed.
struct Columns {
  const double* values = nullptr;
  size_t stride = 0;
  size_t count = 0;

  const double* operator[](size_t column) const { return values + column * stride; }
};

/// out[i][j] += a_i · b_j over the first `rows` rows.
/// @param out  [a.count][b.count]
void AddProducts(const Columns& a, const Columns& b, size_t rows, double* out);

/// out[i][j] += a_i · a_j for j >= i; some below the diagonal are added to as well.
/// @param out  [a.count][a.count]
void AddGram(const Columns& a, size_t rows, double* out);

/// out[r] += Σ_j x_j[r] · weights[j] for the first `rows` rows.
void AddScores(const Columns& x, size_t rows, const double* weights, double* out);

/// out[r] = (x[r] − mean) · scale[r]; `scale` may be null: 1.
void Centre(const double* x, size_t rows, double mean, const double* scale, double* out);

}  // namespace slipway::train
