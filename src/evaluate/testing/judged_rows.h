#pragma once
#include "evaluate/metrics.h"

namespace slipway::evaluate {

/// True answers and predictions that tests spell out.
struct JudgedRows {
  data::Target target;
  Predictions predictions;

  Judged judged() const { return {target, predictions}; }
};

inline JudgedRows Classified(std::vector<std::string> labels, std::vector<int32_t> truths,
                             std::vector<int32_t> predicted) {
  JudgedRows rows;
  rows.target.task = data::Task::kClassification;
  rows.target.name = "y";
  rows.target.labels = std::move(labels);
  rows.target.classes = std::move(truths);
  rows.predictions.classes = std::move(predicted);
  return rows;
}

inline JudgedRows Regressed(std::vector<double> truths, std::vector<double> predicted) {
  JudgedRows rows;
  rows.target.name = "y";
  rows.target.values = std::move(truths);
  rows.predictions.values = std::move(predicted);
  return rows;
}

}  // namespace slipway::evaluate
