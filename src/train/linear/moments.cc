#include "train/linear/moments.h"

#include <cmath>
#include <limits>

#include "train/linear/linear_model.h"
#include "train/linear/row_blocks.h"

namespace slipway::train {

StatusOr<Means> MeansOf(Team& team, const Samples& samples, bool centred) {
  Means means;
  ASSIGN_OR_RETURN(means.weight, TotalWeight(samples));
  const size_t count = samples.features.size();
  means.features.assign(count, 0);
  const size_t block = BlockRows(count);
  const std::vector<double> ones(samples.weights.empty() ? block : 0, 1.0);
  const auto add = [&](std::vector<double>& sums, size_t begin, size_t end) {
    const double* weights = samples.weights.empty() ? ones.data() : &samples.weights[begin];
    const Columns weight{weights, 0, 1};
    AddProducts({samples.values.data() + begin, samples.rows, count}, weight, end - begin,
                sums.data());
    AddProducts({&samples.target.values[begin], 0, 1}, weight, end - begin, &sums[count]);
  };
  const std::vector<double> sums = SumOverRows(team, samples.rows, block, count + 1, add);
  for (size_t j = 0; j <= count; ++j)
    if (!std::isfinite(sums[j]))
      return Error(Reason::kBadRequest, "{}: expected finite numbers whose sum is finite, got {}",
                   j < count ? samples.features[j].name : samples.target.name, sums[j]);
  if (!centred) return means;
  for (size_t j = 0; j < count; ++j) means.features[j] = sums[j] / means.weight;
  means.target = sums[count] / means.weight;
  return means;
}

void CentreRows(const Samples& samples, const Means& means, size_t begin, size_t end, double* out,
                size_t stride) {
  const size_t rows = end - begin, count = samples.features.size();
  std::vector<double> roots(samples.weights.empty() ? 0 : rows);
  for (size_t row = 0; row < roots.size(); ++row)
    roots[row] = std::sqrt(samples.weights[begin + row]);
  const double* scale = roots.empty() ? nullptr : roots.data();
  for (size_t j = 0; j < count; ++j)
    Centre(&samples.values[j * samples.rows + begin], rows, means.features[j], scale,
           out + j * stride);
  Centre(&samples.target.values[begin], rows, means.target, scale, out + count * stride);
}

std::vector<double> CentredProducts(Team& team, const Samples& samples, const Means& means) {
  const size_t count = samples.features.size() + 1;
  const size_t block = BlockRows(count);
  const auto add = [&](std::vector<double>& sums, size_t begin, size_t end) {
    thread_local std::vector<double> centred;
    centred.resize(count * block);
    CentreRows(samples, means, begin, end, centred.data(), block);
    AddGram({centred.data(), block, count}, end - begin, sums.data());
  };
  std::vector<double> products = SumOverRows(team, samples.rows, block, count * count, add);
  for (size_t i = 0; i < count; ++i)
    for (size_t j = 0; j < i; ++j) products[i * count + j] = products[j * count + i];
  return products;
}

bool IsConstant(const Means& means, size_t feature, double square) {
  const double rounding = 8 * std::numeric_limits<double>::epsilon() * means.features[feature];
  return square <= means.weight * rounding * rounding;
}

}  // namespace slipway::train
