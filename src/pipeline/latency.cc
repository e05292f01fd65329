#include "pipeline/latency.h"

#include <algorithm>
#include <memory>

#include "evaluate/table_inputs.h"
#include "stats/quantile.h"

namespace slipway::pipeline {
namespace {

constexpr size_t kRows = 64;

double Milliseconds(Duration time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

Status MeasureRound(const Call& call, const Clock& clock, int calls,
                    evaluate::LatencyRounds& rounds) {
  std::vector<double> times;
  for (int i = 0; i < calls; ++i) {
    const TimePoint start = clock.Now();
    RETURN_IF_ERROR(call());
    times.push_back(Milliseconds(clock.Now() - start));
  }
  std::sort(times.begin(), times.end());
  rounds.p50_ms.push_back(stats::Quantile(times, 0.5));
  rounds.p99_ms.push_back(stats::Quantile(times, 0.99));
  return OkStatus();
}

}  // namespace

StatusOr<std::vector<evaluate::LatencyRounds>> MeasureLatency(std::span<const Call> calls,
                                                              const Clock& clock,
                                                              const LatencyOptions& options) {
  std::vector<evaluate::LatencyRounds> rounds(calls.size()), warm_up(calls.size());
  const TimePoint end = clock.Now() + options.budget;
  for (size_t i = 0; i < calls.size(); ++i)
    RETURN_IF_ERROR(MeasureRound(calls[i], clock, options.calls, warm_up[i]));
  for (int round = 0; round < options.rounds; ++round) {
    if (round >= LatencyOptions::kMinRounds && clock.Now() >= end) break;
    for (size_t turn = 0; turn < calls.size(); ++turn) {
      const size_t i = round % 2 == 0 ? turn : calls.size() - 1 - turn;
      RETURN_IF_ERROR(MeasureRound(calls[i], clock, options.calls, rounds[i]));
    }
  }
  return rounds;
}

StatusOr<Call> OneRowCall(const evaluate::Runner& model, const data::Table& table) {
  using Request = std::vector<NamedTensor>;
  ASSIGN_OR_RETURN(const auto inputs, evaluate::TableInputs::Create(model.signature(), table));
  auto requests = std::make_shared<std::vector<Request>>();
  for (size_t row = 0; row < std::min(table.rows, kRows); ++row) {
    ASSIGN_OR_RETURN(requests->emplace_back(), inputs.Rows(row, row + 1));
  }
  if (requests->empty()) return Error(Reason::kBadRequest, "there are no rows to measure with");
  return [&model, requests, next = size_t{0}]() mutable {
    return model.Run((*requests)[next++ % requests->size()], {}).status();
  };
}

}  // namespace slipway::pipeline
