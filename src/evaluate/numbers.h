#pragma once
#include <fmt/format.h>

#include <cmath>
#include <string>

#include "evaluate/report.h"

namespace slipway::evaluate {

/// A figure as people read it: "0.9733", "12345.6", "1.2e-05", "–" for NaN.
std::string NumberText(double value);
/// "0.9400 to 0.9933"; "–" where nothing is known.
std::string IntervalText(const stats::Interval& interval);

}  // namespace slipway::evaluate
