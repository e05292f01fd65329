// The kind `neighbors`.

#include <fmt/format.h>

#include "import/sklearn/neighborhoods.h"
#include "import/sklearn/operators.h"
#include "train/algebra/rows.h"
#include "train/kinds.h"

namespace slipway::train {
namespace {

namespace writing = importing::sklearn;
using importing::Graph;
using importing::Matrix;
using importing::Predictions;

// A request is compared with all of them: a model of 256 MiB.
constexpr size_t kMaxNumbers = size_t{1} << 25;

class FittedNeighbors final : public Fitted {
 public:
  FittedNeighbors(const Samples& samples, int64_t count, writing::Metric metric, bool weighted)
      : values_(samples.values),
        rows_(static_cast<int64_t>(samples.rows)),
        columns_(static_cast<int64_t>(samples.features.size())),
        count_(count),
        metric_(metric),
        weighted_(weighted),
        target_(samples.target) {}

  StatusOr<Predictions> Write(Graph& graph, const Matrix& features) const override {
    RETURN_IF_ERROR(graph.CheckRoom(values_.size() * sizeof(double)));
    const writing::Neighborhood near = {
        .rows = {.shape = {rows_, columns_},
                 .values = writing::Transposed(values_, columns_, rows_)},
        .count = count_,
        .metric = metric_};
    const writing::Nearest nearest = writing::AddNearest(graph, features, near);
    Predictions predictions;
    if (target_.task == data::Task::kClassification) {
      const std::vector<int64_t> classes(target_.classes.begin(), target_.classes.end());
      predictions.proba = writing::ShareOfClasses(graph, nearest, near, weighted_, classes,
                                                  static_cast<int64_t>(target_.labels.size()));
      predictions.label = writing::ArgMax(graph, *predictions.proba);
      return predictions;
    }
    const std::string values =
        graph.Add("Gather", {graph.Constant<double>({rows_, 1}, target_.values), nearest.rows});
    predictions.value = writing::MeanOverNeighbors(graph, nearest, near, weighted_, values, 1);
    return predictions;
  }

  std::string Summary() const override { return fmt::format("{} of {} rows", count_, rows_); }

 private:
  std::vector<double> values_;  // [columns, rows], as they are given: distances of 0 decide
  int64_t rows_, columns_, count_;
  writing::Metric metric_;
  bool weighted_;
  data::Target target_;
};

StatusOr<std::unique_ptr<Fitted>> FitNeighbors(const Samples& samples, const Parameters& parameters,
                                               const FitOptions& fit) {
  if (!samples.weights.empty())
    return Error(Reason::kBadRequest, "weights: nearest neighbours count alike; expected none");
  const size_t features = samples.features.size();
  if (samples.rows * features > kMaxNumbers)
    return Error(Reason::kBadRequest,
                 "neighbors keeps all rows in the model: expected at most {} numbers, got {} rows "
                 "of {} features",
                 kMaxNumbers, samples.rows, features);
  const int64_t count = parameters.Count("k");
  if (count > static_cast<int64_t>(samples.rows))
    return Error(Reason::kBadRequest, "parameter k: expected at most {} rows, got {}", samples.rows,
                 count);
  RETURN_IF_ERROR(CheckFinite(samples));
  const bool is_manhattan = parameters.Word("metric") == "manhattan";
  const writing::Metric metric = {.power = is_manhattan ? 1.0 : 2.0, .take_root = !is_manhattan};
  return std::make_unique<FittedNeighbors>(samples, count, metric,
                                           parameters.Word("weights") == "distance");
}

using Type = ParameterSpec::Type;

}  // namespace

const EstimatorKind kNeighbors = {
    .name = "neighbors",
    .summary = "What the nearest rows say; the model keeps all of them.",
    .regresses = true,
    .classifies = true,
    .needs = {.wants_scaling = true},
    .parameters = {{.name = "k",
                    .type = Type::kCount,
                    .otherwise = 5,
                    .min = 1,
                    .max = 10000,
                    .help = "Rows that are asked."},
                   {.name = "weights",
                    .type = Type::kWord,
                    .words = {"uniform", "distance"},
                    .help = "Whether near rows count for more: by 1 / distance."},
                   {.name = "metric",
                    .type = Type::kWord,
                    .words = {"euclidean", "manhattan"},
                    .help = "How far two rows lie apart."}},
    .search = {{"k", {"3", "5", "10", "20"}}, {"weights", {"uniform", "distance"}}},
    .fit = FitNeighbors,
};

}  // namespace slipway::train
