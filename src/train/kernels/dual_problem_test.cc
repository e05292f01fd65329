#include "train/kernels/dual_problem.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"

namespace slipway::train {
namespace {

/// Two classes that no margin parts: many variables end at their bound.
struct Example {
  std::vector<float> values;
  DualProblem problem;

  explicit Example(size_t rows) {
    Random random(7);
    for (size_t i = 0; i < rows; ++i) {
      const int sign = i % 2 == 0 ? 1 : -1;
      for (int f = 0; f < 3; ++f)
        values.push_back(static_cast<float>(4 * random.Uniform() - 2 + 0.6 * sign));
      problem.point.push_back(static_cast<uint32_t>(i));
      problem.sign.push_back(static_cast<int8_t>(sign));
      problem.linear.push_back(-1);
      problem.bound.push_back(i % 3 == 0 ? 2 : 1);
    }
    problem.points = {3, values, {.shape = KernelShape::kRadial, .gamma = 0.5}};
  }
};

double Kernel(const Example& example, size_t s, size_t t) {
  double square = 0;
  for (int f = 0; f < 3; ++f)
    square += std::pow(example.values[s * 3 + f] - example.values[t * 3 + f], 2);
  return std::exp(-0.5 * square);
}

/// y · slope of the dual at a variable.
double SlopeOf(const Example& example, const DualSolution& solution, size_t s) {
  double slope = example.problem.sign[s] * example.problem.linear[s];
  for (size_t t = 0; t < example.problem.size(); ++t)
    slope += example.problem.sign[t] * solution.alpha[t] * Kernel(example, s, t);
  return slope;
}

/// Karush, Kuhn, Tucker: in the box, on the plane, and no slope on the wrong side of rho.
void ExpectOptimum(const Example& example, const DualSolution& solution, double tolerance) {
  double balance = 0;
  for (size_t s = 0; s < example.problem.size(); ++s) {
    const double alpha = solution.alpha[s], sign = example.problem.sign[s];
    ASSERT_GE(alpha, 0);
    ASSERT_LE(alpha, example.problem.bound[s]);
    balance += sign * alpha;
    const double excess = sign * (SlopeOf(example, solution, s) - solution.rho);
    if (alpha > 0) {
      EXPECT_LT(excess, tolerance) << s;
    }
    if (alpha < example.problem.bound[s]) {
      EXPECT_GT(excess, -tolerance) << s;
    }
  }
  EXPECT_NEAR(balance, 0, 1e-9);
}

TEST(DualProblemTest, SolutionsFulfilTheConditionsOfTheOptimum) {
  for (const bool shrinking : {true, false}) {
    const Example example(700);
    const DualSolution solution =
        Solve(example.problem, {.tolerance = 1e-4, .shrinking = shrinking});
    EXPECT_TRUE(solution.converged);
    ExpectOptimum(example, solution, 2e-4);
  }
}

TEST(DualProblemTest, CacheOfTwoRowsGivesTheSameBits) {
  const Example example(300);
  const DualSolution roomy = Solve(example.problem, {});
  const DualSolution narrow = Solve(example.problem, {.cache_bytes = 1});
  EXPECT_EQ(roomy.alpha, narrow.alpha);
  EXPECT_EQ(roomy.rho, narrow.rho);
}

TEST(DualProblemTest, TeamsGiveTheBitsOfOneThread) {
  // Rows of so many points and columns are worth a team.
  constexpr size_t kRows = 1500, kColumns = 200;
  Random random(1);
  std::vector<float> values(kRows * kColumns);
  for (float& value : values) value = static_cast<float>(random.Uniform());
  DualProblem problem;
  problem.points = {kColumns, values, {.shape = KernelShape::kRadial, .gamma = 0.1}};
  for (uint32_t s = 0; s < kRows; ++s) {
    problem.point.push_back(s);
    problem.sign.push_back(values[s * kColumns] > 0.5f ? 1 : -1);
    problem.linear.push_back(-1);
    problem.bound.push_back(0.5);
  }
  Team team(3);
  const DualSolution alone = Solve(problem, {}), together = Solve(problem, {.team = &team});
  EXPECT_GT(alone.iterations, 100);
  EXPECT_EQ(alone.alpha, together.alpha);
  EXPECT_EQ(alone.rho, together.rho);
}

TEST(DualProblemTest, StopsWhenAskedAndKeepsWhatItHas) {
  const Example example(2000);
  int64_t asked = 0;
  const DualSolution solution =
      Solve(example.problem, {.tolerance = 1e-9, .goes_on = [&](int64_t iteration, double) {
                                asked = iteration;
                                return false;
                              }});
  EXPECT_EQ(asked, 1000);
  EXPECT_EQ(solution.iterations, 1000);
  EXPECT_FALSE(solution.converged);
  EXPECT_EQ(Solve(example.problem, {.max_iterations = 5}).iterations, 5);
}

}  // namespace
}  // namespace slipway::train
