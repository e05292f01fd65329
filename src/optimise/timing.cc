#include "optimise/timing.h"

#include <algorithm>
#include <memory>

#include "stats/quantile.h"

namespace slipway::optimise {
namespace {

double QuantileOf(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  std::ranges::sort(values);
  return stats::Quantile(values, share);
}

evaluate::Call CallOf(const Timed& timed, size_t batch) {
  std::vector<uint32_t> places(batch);
  for (size_t i = 0; i < batch; ++i) places[i] = static_cast<uint32_t>(i % timed.rows.count);
  return [&model = timed.model, rows = timed.rows.Select(places)] {
    return model.Run(rows.inputs, {}).status();
  };
}

evaluate::Call CallOfRows(const Timed& timed) {
  constexpr size_t kRows = 64;
  auto rows = std::make_shared<std::vector<Rows>>();
  for (size_t row = 0; row < std::min(timed.rows.count, kRows); ++row)
    rows->push_back(timed.rows.Slice(row, row + 1));
  return [&model = timed.model, rows, next = size_t{0}]() mutable {
    return model.Run((*rows)[next++ % rows->size()].inputs, {}).status();
  };
}

}  // namespace

double Timing::median_ms() const { return QuantileOf(rounds.p50_ms, 0.5); }

SpeedUp Timing::Over(const Timing& other) const {
  std::vector<double> factors;
  for (size_t i = 0; i < rounds.p50_ms.size(); ++i)
    factors.push_back(other.rounds.p50_ms[i] / rounds.p50_ms[i]);
  return {QuantileOf(factors, 0.5), QuantileOf(factors, 0.05), QuantileOf(factors, 0.95)};
}

StatusOr<std::vector<Timing>> TimeInTurns(std::span<const Timed> models, size_t batch,
                                          const Clock& clock,
                                          const evaluate::LatencyOptions& options) {
  std::vector<evaluate::Call> calls;
  for (const Timed& model : models) calls.push_back(CallOf(model, batch));
  ASSIGN_OR_RETURN(auto rounds, evaluate::MeasureLatency(calls, clock, options));
  std::vector<Timing> timings;
  for (evaluate::LatencyRounds& of_model : rounds) timings.push_back({batch, std::move(of_model)});
  return timings;
}

StatusOr<std::vector<evaluate::LatencyRounds>> TimeRowsInTurns(
    std::span<const Timed> models, const Clock& clock, const evaluate::LatencyOptions& options) {
  std::vector<evaluate::Call> calls;
  for (const Timed& model : models) calls.push_back(CallOfRows(model));
  return evaluate::MeasureLatency(calls, clock, options);
}

}  // namespace slipway::optimise
