#pragma once
#include <string>

#include "pipeline/training.h"

namespace slipway::cli {

/// For a person: data, estimators that were tried, scores, bundle.
std::string TrainingText(const pipeline::TrainingReport& report,
                         const pipeline::TrainingOptions& options);

/// For a machine: one object and a line's end.
std::string TrainingJson(const pipeline::TrainingReport& report,
                         const pipeline::TrainingOptions& options);

}  // namespace slipway::cli
