#pragma once
#include <string_view>

#include "train/samples.h"

namespace slipway::train::trees {

/// kBadRequest naming the kind and what it lacks: features, weights with a finite sum above 0.
Status CheckSamples(const Samples& samples, std::string_view kind);

}  // namespace slipway::train::trees
