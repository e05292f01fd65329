#include "evaluate/select.h"

namespace slipway::evaluate {
namespace {

/// Rows of `width` values; none where there are none.
template <typename T>
std::vector<T> Rows(std::span<const T> values, size_t width, std::span<const uint32_t> rows) {
  std::vector<T> selected;
  if (values.empty()) return selected;
  selected.reserve(rows.size() * width);
  for (const uint32_t row : rows) {
    const auto of_row = values.subspan(row * width, width);
    selected.insert(selected.end(), of_row.begin(), of_row.end());
  }
  return selected;
}

}  // namespace

SelectedRows Select(const Judged& judged, std::span<const double> weights,
                    std::span<const uint32_t> rows) {
  const data::Target& target = judged.target;
  const Predictions& predictions = judged.predictions;
  SelectedRows selected;
  selected.target = {target.task,
                     target.name,
                     Rows<double>(target.values, 1, rows),
                     Rows<int32_t>(target.classes, 1, rows),
                     target.labels,
                     target.integer_labels};
  selected.predictions = {Rows<double>(predictions.values, 1, rows),
                          Rows<int32_t>(predictions.classes, 1, rows),
                          Rows<double>(predictions.probabilities, target.labels.size(), rows)};
  selected.weights = Rows<double>(weights, 1, rows);
  selected.positive = judged.positive;
  return selected;
}

}  // namespace slipway::evaluate
