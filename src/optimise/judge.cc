#include "optimise/judge.h"

#include <algorithm>

#include "evaluate/answers.h"
#include "evaluate/evaluation.h"

namespace slipway::optimise {
namespace {

constexpr size_t kBatch = 32;
constexpr int kResamples = 500;

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
  const size_t step = BatchOf(model.signature(), kBatch);
  size_t read = 0;
  RETURN_IF_ERROR(RunBatches(model, rows, kBatch, reader.outputs(),
                             [&](const std::vector<NamedTensor>& answers, size_t first) {
                               const size_t count = std::min(step, rows.count - first);
                               read = first + count;
                               return reader.Read(answers, count);
                             }));
  if (read < rows.count)
    return Error(Reason::kBadRequest,
                 "the model takes {} rows at once: of {} rows, {} would not be judged", step,
                 rows.count, rows.count - read);
  return reader.Finish();
}

std::vector<evaluate::Figure> FiguresOf(const data::Target& target,
                                        const evaluate::Predictions& predictions) {
  const evaluate::Judged judged{target, predictions};
  stats::BootstrapOptions bootstrap;
  bootstrap.resamples = evaluate::ResamplesFor(target.rows(), kResamples);
  return evaluate::MeasureAll(evaluate::DefaultMetrics(target, !predictions.probabilities.empty()),
                              judged, {}, bootstrap);
}

double LossOf(const evaluate::Figure& before, const evaluate::Figure& now) {
  const double gain = now.value - before.value;
  return now.metric.metric->higher_is_better ? -gain : gain;
}

}  // namespace slipway::optimise
