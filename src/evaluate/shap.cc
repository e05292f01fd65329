#include "evaluate/shap.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "evaluate/sample.h"
#include "evaluate/tree_features.h"
#include "evaluate/tree_shap.h"
#include "onnx/tree_sum.h"

namespace slipway::evaluate {
namespace {

/// The most rows, at least one, that the work allows.
size_t AffordableRows(const onnx::TreeSum& sum, size_t background, const ShapOptions& options) {
  const uint64_t of_row =
      std::max<uint64_t>(1, uint64_t{sum.splits.size()} * sum.outputs * background);
  return std::clamp<uint64_t>(options.max_work / of_row, 1, options.max_rows);
}

/// The values of all rows, row by row.
class Explanation {
 public:
  Explanation(const onnx::TreeSum& sum, const TreeFeatures& features, size_t columns, size_t rows,
              size_t background)
      : features_(features),
        explainer_(sum, features.owners, columns),
        outputs_(sum.outputs),
        columns_(columns),
        rows_(rows),
        background_(background),
        values_(rows * outputs_ * columns),
        sums_(rows * outputs_),
        base_values_(outputs_) {}

  Status Run(Team* team) {
    for (size_t row = 0; row < rows_; ++row) explainer_.AddSums(Row(row), SumsOf(row));
    for (size_t i = 0; i < background_; ++i)
      for (size_t output = 0; output < outputs_; ++output)
        base_values_[output] += SumsOf(BackgroundRow(i))[output] / static_cast<double>(background_);
    const auto explain = [this](size_t row) { ExplainRow(row); };
    if (team != nullptr)
      team->ForEach(rows_, explain);
    else
      for (size_t row = 0; row < rows_; ++row) explain(row);
    return CheckLocalAccuracy();
  }

  double MeanAbsolute(size_t column) const {
    double sum = 0;
    for (size_t i = column; i < values_.size(); i += columns_) sum += std::abs(values_[i]);
    return sum / static_cast<double>(rows_);
  }

  const std::vector<double>& base_values() const { return base_values_; }
  std::vector<double> TakeValues() { return std::move(values_); }

 private:
  std::span<const double> Row(size_t row) const {
    return std::span(features_.values).subspan(row * features_.width, features_.width);
  }
  size_t BackgroundRow(size_t i) const { return i * rows_ / background_; }
  std::span<double> SumsOf(size_t row) {
    return std::span(sums_).subspan(row * outputs_, outputs_);
  }
  std::span<double> ValuesOf(size_t row) {
    return std::span(values_).subspan(row * outputs_ * columns_, outputs_ * columns_);
  }

  void ExplainRow(size_t row) {
    const std::span<double> values = ValuesOf(row);
    for (size_t i = 0; i < background_; ++i)
      explainer_.AddValues(Row(row), Row(BackgroundRow(i)), values);
    for (double& value : values) value /= static_cast<double>(background_);
  }

  /// The values of a row sum to its output less the base value, but for rounding.
  Status CheckLocalAccuracy() {
    constexpr double kTolerance = 1e-8;
    for (size_t row = 0; row < rows_; ++row)
      for (size_t output = 0; output < outputs_; ++output) {
        double total = 0, size = std::abs(base_values_[output]) + std::abs(SumsOf(row)[output]);
        for (const double value : ValuesOf(row).subspan(output * columns_, columns_)) {
          total += value;
          size += std::abs(value);
        }
        const double expected = SumsOf(row)[output] - base_values_[output];
        if (!(std::abs(total - expected) <= kTolerance * std::max(1.0, size)))
          return Error(Reason::kInternal, "SHAP values of row {} sum to {}, expected {}", row + 1,
                       total, expected);
      }
    return OkStatus();
  }

  const TreeFeatures& features_;
  const TreeExplainer explainer_;
  const size_t outputs_, columns_, rows_, background_;
  std::vector<double> values_;       // [rows, outputs, columns]
  std::vector<double> sums_;         // [rows, outputs]
  std::vector<double> base_values_;  // [outputs]
};

}  // namespace

StatusOr<TreeShap> ExplainTrees(std::span<const std::byte> model, const Signature& signature,
                                const LoadModel& load, const data::Table& all,
                                const ShapOptions& options) {
  if (all.rows == 0 || all.columns.empty())
    return Error(Reason::kBadRequest, "SHAP values need rows and columns, got none");
  ASSIGN_OR_RETURN(const onnx::ModelTrees trees, onnx::ReadModelTrees(model));
  ASSIGN_OR_RETURN(const auto runner, load(trees.feature_model));
  const size_t most_background = std::min(all.rows, options.max_background);
  std::vector<uint32_t> sample =
      SampleRows(all.rows, AffordableRows(trees.sum, most_background, options), options.seed);
  const data::Table table = all.Select(sample);
  ASSIGN_OR_RETURN(const TreeFeatures features, ReadTreeFeatures(trees, signature, *runner, table));
  TreeShap shap{.rows = table.rows, .background = std::min(table.rows, most_background)};
  Explanation explanation(trees.sum, features, table.columns.size(), shap.rows, shap.background);
  RETURN_IF_ERROR(explanation.Run(options.team));
  shap.base_values = explanation.base_values();
  for (size_t column = 0; column < table.columns.size(); ++column) {
    shap.columns.push_back(table.columns[column].name);
    shap.features.push_back({shap.columns.back(), explanation.MeanAbsolute(column)});
  }
  std::ranges::stable_sort(shap.features, std::greater(), &FeatureShap::mean_absolute);
  if (options.keep_values) {
    shap.row_numbers = std::move(sample);
    shap.values = explanation.TakeValues();
  }
  return shap;
}

}  // namespace slipway::evaluate
