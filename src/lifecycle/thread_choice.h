#pragma once
// How many threads of the runtime one run of a model is worth, by measurement (docs/adr/0026).

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "bundle/artifact.h"
#include "engine/engine.h"

namespace slipway::lifecycle {

/// A model whose run is shorter has one thread: handing parts of it out costs a tenth of a
/// millisecond.
inline constexpr Duration kWorthThreads = std::chrono::milliseconds(2);

struct ThreadTiming {
  int threads = 1;
  Duration run{};
};

/// The most threads that were used to 95 % at least: `alone`, the time with one thread, is
/// 0.95 · threads · run or more. 1 when there are none. Pure.
int ChooseThreads(Duration alone, std::span<const ThreadTiming> timings);

/// How many runs of so many threads go on at once: what fills `processors`, and one more for the
/// moments in which a run has work for one thread only. Pure.
int InstancesFor(int threads, int processors);

/// Whether so many threads get a processor each at the moment. Spins for 40 ms.
bool ProcessorsAreFree(int threads);

using LoadWithThreads = std::function<StatusOr<std::unique_ptr<LoadedModel>>(int threads)>;

struct ThreadMeasurement {
  int processors = 1;                                   // that runs may use
  Duration per_count = std::chrono::milliseconds(250);  // no further run is begun after it
  Duration limit = std::chrono::seconds(10);  // of all runs: one that goes on is ended, and the
                                              // loads between them are not counted
  std::function<bool(int threads)> are_free = ProcessorsAreFree;
};

/// Times up to eight runs with one thread, then with 2, 4, 8 … `processors` until more of them are
/// not used, and once more with one thread where more would win: a slow moment at the first look
/// must not be kept for good. One model is loaded at a time.
/// @param model     loaded with one thread, and warm.
/// @param examples  the first one's inputs are run, or made-up ones.
/// @return nullopt while others use the processors: asked again later, the answer may be another.
///         What cannot be loaded or run with more threads has those that it could.
std::optional<int> MeasureThreads(std::unique_ptr<LoadedModel> model, const LoadWithThreads& load,
                                  const std::vector<bundle::Example>& examples,
                                  const ThreadMeasurement& options, const Clock& clock);

}  // namespace slipway::lifecycle
