// The estimator that does not look at the features: what others have to beat.

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "train/kinds.h"

namespace slipway::train {
namespace {

using importing::Graph;
using importing::Matrix;

/// The same row for each row of `features`.
class FittedConstant : public Fitted {
 public:
  FittedConstant(data::Task task, std::vector<double> row, std::string summary)
      : task_(task), row_(std::move(row)), summary_(std::move(summary)) {}

  StatusOr<importing::Predictions> Write(Graph& graph, const Matrix& features) const override {
    const auto columns = static_cast<int64_t>(row_.size());
    const std::vector<int64_t> first = {0};
    const std::string any = graph.Add("IsNaN", {graph.Select(features, first).value});
    const std::string row = graph.Constant<double>({columns}, row_);
    const Matrix repeated = {graph.Add("Where", {any, row, row}), DType::kFp64, columns};
    if (task_ == data::Task::kRegression)
      return importing::Predictions{.label = "", .value = repeated};
    const std::string label = graph.Add("ArgMax", {repeated.value}, {{"axis", 1}, {"keepdims", 0}});
    return importing::Predictions{.label = label, .proba = repeated};
  }

  std::string Summary() const override { return summary_; }

 private:
  const data::Task task_;
  const std::vector<double> row_;
  const std::string summary_;
};

StatusOr<std::unique_ptr<Fitted>> FitConstant(const Samples& samples, const Parameters&,
                                              const FitOptions&) {
  const data::Target& target = samples.target;
  const bool regression = target.task == data::Task::kRegression;
  std::vector<double> sums(regression ? 1 : target.labels.size());
  double total = 0;
  for (size_t row = 0; row < samples.rows; ++row) {
    const double weight = samples.weight(row);
    total += weight;
    sums[regression ? 0 : target.classes[row]] += regression ? weight * target.values[row] : weight;
  }
  if (!(total > 0))
    return Error(Reason::kBadRequest, "the weights of all {} rows are zero", samples.rows);
  for (double& sum : sums) sum /= total;
  std::string summary =
      regression ? fmt::format("always {:g}", sums[0])
                 : fmt::format("always \"{}\"",
                               target.labels[std::ranges::max_element(sums) - sums.begin()]);
  return std::make_unique<FittedConstant>(target.task, std::move(sums), std::move(summary));
}

}  // namespace

const EstimatorKind kConstant = {
    .name = "constant",
    .summary = "Always the mean, or the most frequent class: what others have to beat.",
    .regresses = true,
    .classifies = true,
    .needs = {.takes_missing = true, .takes_categories = true},
    .fit = FitConstant};

}  // namespace slipway::train
