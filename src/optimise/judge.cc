#include "optimise/judge.h"

#include <algorithm>
#include <cmath>

#include "evaluate/answers.h"
#include "evaluate/evaluation.h"
#include "stats/interval.h"
#include "stats/quantile.h"
#include "train/dataset.h"

namespace slipway::optimise {
namespace {

constexpr size_t kBatch = 32;
constexpr int kResamples = 500;
constexpr double kConfidence = 0.95;
constexpr size_t kLeastOfRegression = 100;  // rows; the interval of fewer is too narrow

/// How many rows of one weight have means as certain. Source: Kish 1965, Survey Sampling, 11.7.
double EffectiveRows(size_t rows, std::span<const double> weights) {
  if (weights.empty()) return static_cast<double>(rows);
  const double largest = std::ranges::max(weights);
  double sum = 0, squares = 0;
  for (const double weight : weights) {
    sum += weight / largest;
    squares += (weight / largest) * (weight / largest);
  }
  return sum * sum / squares;
}

/// The loss, as a share of rows, below which so few rows cannot tell, even if none changed.
double LeastShownLoss(double rows) { return stats::WilsonInterval(0, rows, kConfidence).high; }

}  // namespace

StatusOr<data::Target> TargetFor(const Signature& signature, const LabelledRows& rows) {
  data::Target target = *rows.target;
  RETURN_IF_ERROR(evaluate::AddModelLabels(signature, target));
  return target;
}

StatusOr<evaluate::Predictions> PredictRows(const evaluate::Runner& model,
                                            const Signature& signature, const Rows& rows,
                                            const data::Target& target) {
  ASSIGN_OR_RETURN(auto reader, evaluate::AnswerReader::Create(signature, target));
  RETURN_IF_ERROR(CheckWholeBatches(model.signature(), rows));
  const size_t step = BatchOf(model.signature(), kBatch);
  RETURN_IF_ERROR(RunBatches(model, rows, kBatch, reader.outputs(),
                             [&](const std::vector<NamedTensor>& answers, size_t first) {
                               return reader.Read(answers, std::min(step, rows.count - first));
                             }));
  return reader.Finish();
}

std::vector<evaluate::Figure> FiguresOf(const data::Target& target,
                                        const evaluate::Predictions& predictions,
                                        std::span<const double> weights) {
  const evaluate::Judged judged{target, predictions};
  stats::BootstrapOptions bootstrap;
  bootstrap.resamples = evaluate::ResamplesFor(target.rows(), kResamples);
  return evaluate::MeasureAll(evaluate::DefaultMetrics(target, !predictions.probabilities.empty()),
                              judged, weights, bootstrap);
}

Loss PairedLoss(const data::Target& target, const evaluate::Predictions& before,
                const evaluate::Predictions& now, std::span<const double> weights) {
  const evaluate::NamedMetric metric =
      evaluate::DefaultMetrics(target, !before.probabilities.empty()).front();
  const evaluate::WeightedMetric of_before = metric.Prepare({target, before}),
                                 of_now = metric.Prepare({target, now});
  const double sign = metric.metric->higher_is_better ? 1 : -1;
  const evaluate::WeightedMetric figures[] = {
      of_before, of_now, [&](std::span<const double> resample) {
        return sign * (of_before(resample) - of_now(resample));
      }};
  stats::BootstrapOptions bootstrap;
  bootstrap.resamples = evaluate::ResamplesFor(target.rows(), kResamples);
  auto results = stats::Bootstrap(target.rows(), weights, figures, bootstrap);
  Loss loss{{metric, results[0].figure, {}}, {metric, results[1].figure, {}}, NAN};
  std::vector<double>& lost = results[2].resampled;
  if (std::ranges::any_of(lost, [](double value) { return std::isnan(value); })) return loss;
  std::ranges::sort(lost);
  loss.most = stats::Quantile(lost, 1 - (1 - kConfidence) / 2);
  if (target.task == data::Task::kClassification)
    loss.most = std::max(loss.most, LeastShownLoss(EffectiveRows(target.rows(), weights)));
  return loss;
}

Status CheckRowsSuffice(const data::Target& target, std::span<const double> weights,
                        double max_loss) {
  const double rows = EffectiveRows(target.rows(), weights);
  const std::string told =
      weights.empty()
          ? fmt::format("{} rows", target.rows())
          : fmt::format("{} rows, whose weights make them worth {:.0f},", target.rows(), rows);
  if (target.task == data::Task::kRegression) {
    if (rows >= kLeastOfRegression) return OkStatus();
    return Error(Reason::kBadRequest,
                 "{} to choose by cannot show how much of an error is lost: {} are needed", told,
                 kLeastOfRegression);
  }
  if (LeastShownLoss(rows) <= max_loss) return OkStatus();
  return Error(Reason::kBadRequest,
               "{} to choose by cannot show that at most {} of the accuracy is lost: {:.4f} "
               "is the least; give more rows or allow more with --max-loss",
               told, max_loss, LeastShownLoss(rows));
}

double AllowedLoss(const evaluate::Figure& before, double max_loss) {
  const bool is_share = before.metric.metric->task == data::Task::kClassification;
  return is_share ? max_loss : max_loss * std::abs(before.value);
}

Status CheckWeights(const LabelledRows& rows, std::string_view purpose) {
  const Status checked = train::CheckWeights(rows.weights, rows.table.numbers);
  return checked.ok() ? checked : Annotate(checked, fmt::format("rows {}", purpose));
}

Status CheckAnswers(const Workshop& workshop, std::string_view pass) {
  if (workshop.rows != nullptr && workshop.rows->target && workshop.signature != nullptr)
    return CheckWeights(*workshop.rows, "to choose by");
  return Error(Reason::kBadRequest, "{} needs rows with right answers: give --data and --target",
               pass);
}

double LossOf(const evaluate::Figure& before, const evaluate::Figure& now) {
  const double gain = now.value - before.value;
  return now.metric.metric->higher_is_better ? -gain : gain;
}

}  // namespace slipway::optimise
