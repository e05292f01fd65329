#pragma once

#include <string>
#include <vector>

#include "train/estimator.h"

namespace slipway::train::testing {

/// Remembers the losses of the rows that judge.
class Losses : public Watch {
 public:
  bool Report(const Progress& progress) override {
    validation.push_back(progress.validation);
    return true;
  }
  bool WantsCheckpoint() override { return false; }
  Status SaveCheckpoint(std::string) override { return OkStatus(); }

  std::vector<double> validation;
};

}  // namespace slipway::train::testing
