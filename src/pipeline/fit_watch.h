#pragma once
// Follows one fit: stops it when asked to, and saves checkpoints.

#include <functional>

#include "pipeline/checkpoint.h"
#include "train/estimator.h"

namespace slipway::pipeline {

class FitWatch : public train::Watch {
 public:
  struct Options {
    Checkpoint& checkpoint;
    const train::Recipe& recipe;                      // that is fitted
    std::function<bool()> should_stop = {};           // may be null
    std::function<void(double share)> progress = {};  // may be null
  };
  explicit FitWatch(Options options) : options_(std::move(options)) {}

  bool Report(const train::Progress& progress) override;
  bool WantsCheckpoint() override { return options_.checkpoint.IsDue(); }
  Status SaveCheckpoint(std::string state) override {
    return options_.checkpoint.SaveState(options_.recipe, std::move(state));
  }

  /// Whether the fit was told to stop.
  bool stopped() const { return stopped_; }

 private:
  const Options options_;
  bool stopped_ = false;
};

}  // namespace slipway::pipeline
