#include "train/algebra/rows.h"

#include <algorithm>
#include <cmath>

namespace slipway::train {

StatusOr<std::vector<float>> RowsOf(const Samples& samples, std::span<const double> shift) {
  const size_t features = samples.features.size();
  std::vector<float> rows(samples.rows * features);
  for (size_t f = 0; f < features; ++f) {
    const auto column = samples.column(f);
    const double less = shift.empty() ? 0 : shift[f];
    for (size_t i = 0; i < samples.rows; ++i) {
      const auto value = static_cast<float>(column[i] - less);
      if (!std::isfinite(value))
        return Error(Reason::kBadRequest,
                     "feature \"{}\", row {}: expected a finite number that float32 holds, got {}",
                     samples.features[f].name, samples.number(i), column[i]);
      rows[i * features + f] = value;
    }
  }
  return rows;
}

Status CheckFinite(const Samples& samples) {
  for (size_t f = 0; f < samples.features.size(); ++f) {
    const auto column = samples.column(f);
    const auto bad = std::find_if(column.begin(), column.end(),
                                  [](double value) { return !std::isfinite(value); });
    if (bad != column.end())
      return Error(Reason::kBadRequest, "feature \"{}\", row {}: expected a finite number, got {}",
                   samples.features[f].name,
                   samples.number(static_cast<size_t>(bad - column.begin())), *bad);
  }
  return OkStatus();
}

Status CheckWeights(const Samples& samples) {
  const bool some =
      samples.weights.empty() || std::any_of(samples.weights.begin(), samples.weights.end(),
                                             [](double weight) { return weight > 0; });
  if (some) return OkStatus();
  return Error(Reason::kBadRequest, "weights: expected some above 0, got {} zeros",
               samples.weights.size());
}

}  // namespace slipway::train
