#include "train/trees/checks.h"

#include <cmath>

namespace slipway::train::trees {

Status CheckSamples(const Samples& samples, std::string_view kind) {
  if (samples.features.empty())
    return Error(Reason::kBadRequest, "{}: expected at least one feature, got none", kind);
  double weights = 0;
  for (size_t i = 0; i < samples.rows; ++i) weights += samples.weight(i);
  if (!(weights > 0) || !std::isfinite(weights))
    return Error(Reason::kBadRequest, "{}: expected weights with a sum above 0, got {}", kind,
                 weights);
  return OkStatus();
}

}  // namespace slipway::train::trees
