#pragma once
// The quadratic programs of one fit, each solved once: what the watch follows, and what a fit that
// was cut short goes on from.

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "base/status.h"
#include "train/estimator.h"
#include "train/kernels/dual_problem.h"

namespace slipway::train {

/// Threads: problems side by side, each once. The watch is asked from the thread that made the
/// series; a checkpoint holds what is solved, and where that thread stands in its own problem.
class DualSeries {
 public:
  /// @param training  names problems and options: a checkpoint of another name is refused.
  /// @param problems  how many there are.
  /// @param fit       its watch and checkpoint; the watch must outlive the series.
  /// @return kBadRequest for a checkpoint of another training.
  static StatusOr<std::unique_ptr<DualSeries>> Create(std::string training, size_t problems,
                                                      const FitOptions& fit);

  /// The solution of a problem: of the checkpoint, or solved. Partly once the watch has stopped.
  /// @param number   below `problems`.
  /// @param options  `start` and `goes_on` are the series' own.
  /// @return kBadRequest when the checkpoint's is none of the problem; what the watch could not
  ///   save.
  StatusOr<DualSolution> Solve(size_t number, const DualProblem& problem, DualOptions options);

  /// A problem that needs no solving.
  void Skip() { ++done_; }

 private:
  DualSeries(std::string training, size_t problems, Watch* watch)
      : training_(std::move(training)), problems_(problems), watch_(watch), solved_(problems) {}

  /// A problem on the way.
  struct Begun {
    size_t number = 0;
    DualState state;
  };

  Status Resume(std::string_view checkpoint);
  StatusOr<std::optional<DualSolution>> Recall(size_t number, const DualProblem& problem);
  /// What the watch wants, where this is the thread to ask it.
  /// @param begun  makes what is on the way; may be empty.
  void Tell(Progress progress, const std::function<Begun()>& begun);
  std::string Write(const std::function<Begun()>& begun);

  const std::string training_;
  const size_t problems_;
  Watch* const watch_;  // may be null
  const std::thread::id thread_ = std::this_thread::get_id();
  std::optional<Begun> begun_;  // by the checkpoint
  Status saved_;                // of thread_
  std::atomic<bool> stopped_{false};
  std::atomic<size_t> done_{0};
  Mutex mutex_;
  std::vector<std::optional<DualSolution>> solved_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace slipway::train
