#include "lifecycle/thread_choice.h"

#include <time.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "lifecycle/warm_up.h"

namespace slipway::lifecycle {
namespace {

// What threads lose to each other is lost to throughput as soon as all processors have work. Of
// MobileNetV2's size, where two are used to 0.81 to 0.87, and of large products, to 0.9, that was a
// quarter (docs/adr/0026).
constexpr int kUsedPercent = 95;

Duration ThreadCpuTime() {
  timespec used;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return std::chrono::seconds(used.tv_sec) + Duration(used.tv_nsec);
}

/// The part of its time that this thread has a processor.
double SpinShare(Duration spin) {
  const SteadyClock clock;
  const TimePoint start = clock.Now();
  const Duration used = ThreadCpuTime();
  Duration took{};
  while (took < spin) took = clock.Now() - start;
  return std::chrono::duration<double>(ThreadCpuTime() - used) / took;
}

std::optional<Duration> TimeRuns(const LoadedModel& model,
                                 const std::vector<bundle::Example>& examples, Duration spend,
                                 Duration limit, const Clock& clock) {
  const WarmUpOptions options{
      .max_examples = 0, .budget = spend, .settling = spend, .max_run = limit};
  const auto report = WarmUp(model, examples, options, clock, nullptr);
  if (!report.ok() || report->runs == 0) return std::nullopt;
  return report->fastest_run;
}

}  // namespace

int ChooseThreads(Duration alone, std::span<const ThreadTiming> timings) {
  int best = 1;
  for (const ThreadTiming& timing : timings)
    if (100 * alone >= kUsedPercent * timing.threads * timing.run)
      best = std::max(best, timing.threads);
  return best;
}

int InstancesFor(int threads, int processors) { return processors / std::max(threads, 1) + 1; }

bool ProcessorsAreFree(int threads) {
  // Somebody else on the same processor leaves half of it at most; interrupts and the kernel's own
  // threads took up to a tenth on a quiet virtual machine, and in 20 ms up to a third.
  constexpr auto kSpin = std::chrono::milliseconds(40);
  constexpr double kFree = 0.6;
  std::atomic<bool> free = true;
  {
    std::vector<std::jthread> spinning;
    for (int i = 0; i < threads; ++i)
      spinning.emplace_back([&] {
        if (SpinShare(kSpin) < kFree) free = false;
      });
  }
  return free;
}

std::optional<int> MeasureThreads(std::unique_ptr<LoadedModel> model, const LoadWithThreads& load,
                                  const std::vector<bundle::Example>& examples,
                                  const ThreadMeasurement& options, const Clock& clock) {
  if (options.processors < 2) return 1;
  if (!options.are_free(options.processors)) return std::nullopt;
  Duration left = options.limit;
  const auto time = [&] {
    const TimePoint start = clock.Now();
    const auto run = TimeRuns(*model, examples, options.per_count, left, clock);
    left -= clock.Now() - start;
    return run;
  };
  const auto alone = time();
  if (!alone) return 1;

  std::vector<ThreadTiming> timings;
  for (int threads = 1; threads < options.processors && left > Duration::zero();) {
    threads = std::min(2 * threads, options.processors);
    model.reset();  // first: two of them may not fit into memory
    auto loaded = load(threads);
    if (!loaded.ok()) break;
    model = *std::move(loaded);
    const auto run = time();
    if (!run) break;
    if (!options.are_free(threads)) return std::nullopt;
    timings.push_back({threads, *run});
    if (ChooseThreads(*alone, timings) < threads) break;
  }
  if (ChooseThreads(*alone, timings) == 1) return 1;
  model.reset();
  auto loaded = load(1);
  if (!loaded.ok()) return 1;
  model = *std::move(loaded);
  const auto again = time();
  return again ? ChooseThreads(std::min(*alone, *again), timings) : 1;
}

}  // namespace slipway::lifecycle
