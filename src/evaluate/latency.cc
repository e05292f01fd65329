#include "evaluate/latency.h"

#include <algorithm>
#include <memory>

#include "evaluate/table_inputs.h"
#include "stats/quantile.h"

namespace slipway::evaluate {
namespace {

constexpr size_t kRows = 64;

double Milliseconds(Duration time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

/// Calls until there were `calls` and `least` is over.
/// @return milliseconds, ascending.
StatusOr<std::vector<double>> TimesOfRound(const Call& call, const Clock& clock, size_t calls,
                                           Duration least) {
  std::vector<double> times;
  const TimePoint start = clock.Now();
  for (TimePoint before = start; times.size() < calls || before - start < least;) {
    RETURN_IF_ERROR(call());
    const TimePoint after = clock.Now();
    times.push_back(Milliseconds(after - before));
    before = after;
  }
  std::ranges::sort(times);
  return times;
}

}  // namespace

StatusOr<std::vector<LatencyRounds>> MeasureLatency(std::span<const Call> calls, const Clock& clock,
                                                    const LatencyOptions& options) {
  std::vector<LatencyRounds> rounds(calls.size());
  std::vector<size_t> counts;
  const TimePoint end = clock.Now() + options.budget;
  for (const Call& call : calls) {
    ASSIGN_OR_RETURN(const auto times, TimesOfRound(call, clock, options.calls, options.round));
    counts.push_back(times.size());
  }
  for (int round = 0; round < options.rounds; ++round) {
    if (round >= LatencyOptions::kMinRounds && clock.Now() >= end) break;
    for (size_t turn = 0; turn < calls.size(); ++turn) {
      const size_t i = round % 2 == 0 ? turn : calls.size() - 1 - turn;
      ASSIGN_OR_RETURN(const auto times, TimesOfRound(calls[i], clock, counts[i], {}));
      rounds[i].p50_ms.push_back(stats::Quantile(times, 0.5));
      rounds[i].p99_ms.push_back(stats::Quantile(times, 0.99));
    }
  }
  return rounds;
}

StatusOr<Call> OneRowCall(const Runner& model, const data::Table& table) {
  using Request = std::vector<NamedTensor>;
  ASSIGN_OR_RETURN(const auto inputs, TableInputs::Create(model.signature(), table));
  auto requests = std::make_shared<std::vector<Request>>();
  for (size_t row = 0; row < std::min(table.rows, kRows); ++row) {
    ASSIGN_OR_RETURN(requests->emplace_back(), inputs.Rows(row, row + 1));
  }
  if (requests->empty()) return Error(Reason::kBadRequest, "there are no rows to measure with");
  return [&model, requests, next = size_t{0}]() mutable {
    return model.Run((*requests)[next++ % requests->size()], {}).status();
  };
}

}  // namespace slipway::evaluate
