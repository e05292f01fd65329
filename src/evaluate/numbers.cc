#include "evaluate/numbers.h"

namespace slipway::evaluate {

std::string NumberText(double value) {
  if (std::isnan(value)) return "–";
  const double size = std::abs(value);
  if (value != 0 && size < 5e-4) return fmt::format("{:.1e}", value);
  if (size < 10) return fmt::format("{:.4f}", value);
  if (size < 1e6) return fmt::format("{:.{}f}", value, size < 100 ? 3 : size < 10'000 ? 2 : 1);
  return fmt::format("{:.4g}", value);
}

std::string IntervalText(const stats::Interval& interval) {
  if (std::isnan(interval.low)) return "–";
  return NumberText(interval.low) + " to " + NumberText(interval.high);
}

}  // namespace slipway::evaluate
