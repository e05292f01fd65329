#include "pipeline/fit_watch.h"

namespace slipway::pipeline {

bool FitWatch::Report(const train::Progress& progress) {
  if (options_.progress) options_.progress(progress.share);
  stopped_ = stopped_ || (options_.should_stop && options_.should_stop());
  return !stopped_;
}

}  // namespace slipway::pipeline
