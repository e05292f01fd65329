#include "protocol/instances/fit.h"

namespace slipway::instances {

Shape FitTo(const TensorSpec& spec, Shape shape) {
  const Shape& pattern = spec.shape;
  if (pattern.size() != shape.size() + 1 || Takes(spec, shape)) return shape;
  Shape fitted = shape;
  if (pattern.back() == 1)
    fitted.push_back(1);
  else
    fitted.insert(fitted.begin(), 1);
  return Matches(pattern, fitted) ? fitted : shape;
}

}  // namespace slipway::instances
