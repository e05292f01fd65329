#pragma once
// A quadratic program for tests.

#include "base/random.h"
#include "train/kernels/dual_problem.h"

namespace slipway::train::testing {

/// Two classes that no margin parts: many variables end at their bound.
struct MixedClasses {
  std::vector<float> values;
  DualProblem problem;

  explicit MixedClasses(size_t rows, double cost = 1) {
    Random random(7);
    for (size_t i = 0; i < rows; ++i) {
      const int sign = i % 2 == 0 ? 1 : -1;
      for (int f = 0; f < 3; ++f)
        values.push_back(static_cast<float>(4 * random.Uniform() - 2 + 0.6 * sign));
      problem.point.push_back(static_cast<uint32_t>(i));
      problem.sign.push_back(static_cast<int8_t>(sign));
      problem.linear.push_back(-1);
      problem.bound.push_back(i % 3 == 0 ? 2 * cost : cost);
    }
    problem.points = {3, values, {.shape = KernelShape::kRadial, .gamma = 0.5}};
  }
};

}  // namespace slipway::train::testing
