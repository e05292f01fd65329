#include "optimise/timing.h"

#include <algorithm>

namespace slipway::optimise {
namespace {

double QuantileOf(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  std::ranges::sort(values);
  return values[static_cast<size_t>(share * static_cast<double>(values.size() - 1) + 0.5)];
}

double Milliseconds(Duration duration) { return static_cast<double>(duration.count()) / 1e6; }

/// A round of one model: as many runs as take options.round, or as took it the last time.
class Round {
 public:
  Round(const Timed& timed, size_t batch) : model_(timed.model) {
    std::vector<uint32_t> places(batch);
    for (size_t i = 0; i < batch; ++i) places[i] = static_cast<uint32_t>(i % timed.rows.count);
    rows_ = timed.rows.Select(places);
  }

  Status Run(const Clock& clock, Duration least, evaluate::LatencyRounds* rounds) {
    std::vector<double> times;
    const TimePoint start = clock.Now();
    for (TimePoint before = start;;) {
      RETURN_IF_ERROR(model_.Run(rows_.inputs, {}).status());
      const TimePoint after = clock.Now();
      times.push_back(Milliseconds(after - before));
      before = after;
      if (runs_ == 0 ? after - start >= least : times.size() >= runs_) break;
    }
    runs_ = times.size();
    if (rounds == nullptr) return OkStatus();
    rounds->p50_ms.push_back(QuantileOf(times, 0.5));
    rounds->p99_ms.push_back(QuantileOf(times, 0.99));
    return OkStatus();
  }

 private:
  const evaluate::Runner& model_;
  Rows rows_;
  size_t runs_ = 0;  // of a round
};

}  // namespace

double Timing::median_ms() const { return QuantileOf(rounds.p50_ms, 0.5); }

SpeedUp Timing::Over(const Timing& other) const {
  std::vector<double> factors;
  for (size_t i = 0; i < rounds.p50_ms.size(); ++i)
    factors.push_back(other.rounds.p50_ms[i] / rounds.p50_ms[i]);
  return {QuantileOf(factors, 0.5), QuantileOf(factors, 0.05), QuantileOf(factors, 0.95)};
}

StatusOr<std::vector<Timing>> TimeInTurns(std::span<const Timed> models, size_t batch,
                                          const Clock& clock, const TimingOptions& options) {
  std::vector<Round> rounds;
  for (const Timed& model : models) rounds.emplace_back(model, batch);
  std::vector<Timing> timings(models.size(), Timing{batch, {}});
  const TimePoint start = clock.Now();
  for (int i = -1; i < options.rounds; ++i) {
    if (i >= TimingOptions::kMinRounds && clock.Now() - start > options.budget) break;
    for (size_t j = 0; j < models.size(); ++j) {
      const size_t model = i % 2 == 0 ? j : models.size() - 1 - j;
      RETURN_IF_ERROR(
          rounds[model].Run(clock, options.round, i < 0 ? nullptr : &timings[model].rounds));
    }
  }
  return timings;
}

}  // namespace slipway::optimise
