#pragma once
// Follows one fit: stops it when asked to, and saves checkpoints.

#include <functional>
#include <optional>
#include <string>

#include "base/clock.h"
#include "train/estimator.h"

namespace slipway::pipeline {

/// A checkpoint file: which training it belongs to, and the estimator's state.
struct Checkpoint {
  std::string training;  // what must be the same for the state to be of use
  std::string state;
};
/// @return a state of "" when there is no file; kBadRequest when it is of another training or no
/// checkpoint.
StatusOr<std::string> ReadCheckpoint(const std::string& path, const std::string& training);
/// Whole or not at all.
Status WriteCheckpoint(const std::string& path, const Checkpoint& checkpoint);

class FitWatch : public train::Watch {
 public:
  struct Options {
    std::string checkpoint;  // a file, or ""
    std::string training;    // as in Checkpoint
    Duration every{};
    std::function<bool()> should_stop;           // may be null
    std::function<void(double share)> progress;  // may be null
  };
  explicit FitWatch(Options options);

  bool Report(const train::Progress& progress) override;
  bool WantsCheckpoint() override;
  Status SaveCheckpoint(std::string state) override;

  /// Whether the fit was told to stop.
  bool stopped() const { return stopped_; }

 private:
  const Options options_;
  TimePoint saved_;
  bool stopped_ = false;
};

}  // namespace slipway::pipeline
