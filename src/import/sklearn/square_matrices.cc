#include "import/sklearn/square_matrices.h"

#include <algorithm>
#include <cmath>

namespace slipway::importing::sklearn {
namespace {

Status CheckSize(const State& state, int64_t n) {
  if (n <= kMaxSquare) return OkStatus();
  return Error(Reason::kTooLarge, "{}: a matrix of {} rows must be inverted; at most {} can be",
               state.Title(), n, kMaxSquare);
}

/// to -= factor · from
void Subtract(double* to, double factor, const double* from, int64_t n) {
  if (factor == 0) return;
  for (int64_t i = 0; i < n; ++i) to[i] -= factor * from[i];
}

std::vector<double> IdentityOf(int64_t n) {
  std::vector<double> identity(static_cast<size_t>(n * n), 0);
  for (int64_t i = 0; i < n; ++i) identity[i * n + i] = 1;
  return identity;
}

}  // namespace

StatusOr<std::vector<double>> InverseOf(const State& state, std::vector<double> a, int64_t n) {
  RETURN_IF_ERROR(CheckSize(state, n));
  std::vector<double> inverse = IdentityOf(n);
  for (int64_t k = 0; k < n; ++k) {
    int64_t best = k;
    for (int64_t i = k + 1; i < n; ++i)
      if (std::abs(a[i * n + k]) > std::abs(a[best * n + k])) best = i;
    const double pivot = a[best * n + k];
    if (!(std::abs(pivot) > 0 && std::isfinite(pivot)))
      return state.Bad("expected a matrix that has an inverse; column {} has none", k);
    for (std::vector<double>* matrix : {&a, &inverse}) {
      double* row = matrix->data() + k * n;
      if (best != k) std::swap_ranges(row, row + n, matrix->data() + best * n);
      std::transform(row, row + n, row, [&](double value) { return value / pivot; });
    }
    for (int64_t i = 0; i < n; ++i) {
      if (i == k) continue;
      const double factor = a[i * n + k];
      Subtract(&a[i * n], factor, &a[k * n], n);
      Subtract(&inverse[i * n], factor, &inverse[k * n], n);
    }
  }
  return inverse;
}

StatusOr<std::vector<double>> InverseOfTriangle(const State& state,
                                                const std::vector<double>& lower,
                                                const std::vector<double>& scale) {
  const auto n = static_cast<int64_t>(scale.size());
  RETURN_IF_ERROR(CheckSize(state, n));
  std::vector<double> inverse(static_cast<size_t>(n * n), 0);
  for (int64_t i = 0; i < n; ++i) {
    double* row = &inverse[i * n];
    row[i] = scale[i];
    for (int64_t j = 0; j < i; ++j) Subtract(row, lower[i * n + j], &inverse[j * n], j + 1);
    const double pivot = lower[i * n + i];
    if (!(std::abs(pivot) > 0 && std::isfinite(pivot)))
      return state.Bad("expected a triangle that has an inverse; row {} has none", i);
    for (int64_t j = 0; j <= i; ++j) row[j] /= pivot;
  }
  return inverse;
}

}  // namespace slipway::importing::sklearn
