#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "train/estimator.h"

namespace slipway::train::testing {

/// Keeps the checkpoint of each time that it is asked for one.
class AllCheckpoints : public Watch {
 public:
  bool Report(const Progress&) override { return checkpoints.size() < stops_after; }
  bool WantsCheckpoint() override { return true; }
  Status SaveCheckpoint(std::string state) override {
    checkpoints.push_back(std::move(state));
    return saved;
  }

  std::vector<std::string> checkpoints;
  Status saved;                   // what SaveCheckpoint says
  size_t stops_after = SIZE_MAX;  // checkpoints
};

}  // namespace slipway::train::testing
