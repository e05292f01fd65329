#include "evaluate/comparison.h"

#include <cmath>

#include "stats/paired_tests.h"

namespace slipway::evaluate {
namespace {

void TestClasses(const data::Target& target, const Predictions& candidate,
                 const Predictions& baseline, Comparison& comparison) {
  uint64_t only_candidate = 0, only_baseline = 0;
  for (size_t row = 0; row < target.classes.size(); ++row) {
    const bool candidate_right = candidate.classes[row] == target.classes[row];
    const bool baseline_right = baseline.classes[row] == target.classes[row];
    only_candidate += candidate_right && !baseline_right ? 1 : 0;
    only_baseline += baseline_right && !candidate_right ? 1 : 0;
  }
  comparison.test = "McNemar";
  comparison.p_value = stats::McNemarTest(only_candidate, only_baseline);
}

void TestNumbers(const data::Target& target, const Predictions& candidate,
                 const Predictions& baseline, Comparison& comparison) {
  std::vector<double> candidate_errors, baseline_errors;
  for (size_t row = 0; row < target.values.size(); ++row) {
    candidate_errors.push_back(std::abs(candidate.values[row] - target.values[row]));
    baseline_errors.push_back(std::abs(baseline.values[row] - target.values[row]));
  }
  comparison.test = "Wilcoxon";
  comparison.p_value = stats::WilcoxonTest(candidate_errors, baseline_errors);
}

}  // namespace

Comparison Compare(const data::Target& target, const Predictions& candidate,
                   const Predictions& baseline, int32_t positive, std::vector<NamedMetric> metrics,
                   std::span<const double> weights, const stats::BootstrapOptions& bootstrap) {
  const bool has_probabilities =
      !candidate.probabilities.empty() && !baseline.probabilities.empty();
  if (metrics.empty()) metrics = DefaultMetrics(target, has_probabilities);
  std::erase_if(metrics, [&](const NamedMetric& metric) {
    return metric.metric->needs_probabilities && !has_probabilities;
  });
  const Judged first{target, candidate, positive}, second{target, baseline, positive};
  std::vector<WeightedMetric> measures;
  for (const NamedMetric& metric : metrics) {
    const WeightedMetric of_first = metric.Prepare(first), of_second = metric.Prepare(second);
    measures.push_back(of_first);
    measures.push_back([of_first, of_second](std::span<const double> resample) {
      return of_first(resample) - of_second(resample);
    });
  }
  const auto results = stats::Bootstrap(target.rows(), weights, measures, bootstrap);
  Comparison comparison;
  for (size_t i = 0; i < metrics.size(); ++i) {
    const double candidate_figure = results[2 * i].figure;
    const stats::Bootstrapped& difference = results[2 * i + 1];
    comparison.differences.push_back(
        {metrics[i], candidate_figure, candidate_figure - difference.figure,
         difference.interval(bootstrap.confidence), stats::BootstrapTest(difference.resampled)});
  }
  if (target.task == data::Task::kClassification)
    TestClasses(target, candidate, baseline, comparison);
  else
    TestNumbers(target, candidate, baseline, comparison);
  return comparison;
}

}  // namespace slipway::evaluate
