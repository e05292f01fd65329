#pragma once
// Means and centred second moments of samples: all that least squares need to know of many rows.

#include <vector>

#include "base/status.h"
#include "base/team.h"
#include "train/algebra/columns.h"
#include "train/linear/linear_model.h"
#include "train/samples.h"

namespace slipway::train {

struct Means {
  double weight = 0;             // sum of the rows' weights
  std::vector<double> features;  // weighted means
  double target = 0;
};

/// @param centred  false: means of 0, for a fit without an intercept.
/// @return kBadRequest naming the feature whose mean is not finite, or weights without a sum.
StatusOr<Means> MeansOf(Team& team, const Samples& samples, bool centred);

/// Writes rows [begin, end) of the features and, last, the target: less their means, times the root
/// of the row's weight.
/// @param out  [features + 1][stride]
void CentreRows(const Samples& samples, const Means& means, size_t begin, size_t end, double* out,
                size_t stride);

/// [features + 1][features + 1], symmetric: the products of the columns that CentreRows writes.
std::vector<double> CentredProducts(Team& team, const Samples& samples, const Means& means);

/// Whether a column whose centred square sum is `square` is constant but for rounding.
bool IsConstant(const Means& means, size_t feature, double square);

/// The model of features as they are from coefficients of centred ones.
LinearModel UncentredModel(std::vector<double> coefficients, const Means& means);

}  // namespace slipway::train
