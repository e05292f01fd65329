#include "train/kernels/dual_problem.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "train/kernels/testing/mixed_classes.h"

namespace slipway::train {
namespace {

using testing::MixedClasses;

double Kernel(const MixedClasses& example, size_t s, size_t t) {
  double square = 0;
  for (int f = 0; f < 3; ++f)
    square += std::pow(example.values[s * 3 + f] - example.values[t * 3 + f], 2);
  return std::exp(-0.5 * square);
}

/// y · slope of the dual at a variable.
double SlopeOf(const MixedClasses& example, const DualSolution& solution, size_t s) {
  double slope = example.problem.sign[s] * example.problem.linear[s];
  for (size_t t = 0; t < example.problem.size(); ++t)
    slope += example.problem.sign[t] * solution.alpha[t] * Kernel(example, s, t);
  return slope;
}

/// Karush, Kuhn, Tucker: in the box, on the plane, and no slope on the wrong side of rho.
void ExpectOptimum(const MixedClasses& example, const DualSolution& solution, double tolerance) {
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
    const MixedClasses example(700);
    const DualSolution solution =
        Solve(example.problem, {.tolerance = 1e-4, .shrinking = shrinking});
    EXPECT_TRUE(solution.converged);
    ExpectOptimum(example, solution, 2e-4);
  }
}

/// @param states  receives those on the way.
DualSolution SolveFrom(const DualState* start, const MixedClasses& example,
                       std::vector<DualState>& states) {
  return Solve(example.problem,
               {.tolerance = 1e-9, .start = start, .goes_on = [&](const DualProgress& progress) {
                  states.push_back(progress.state());
                  return true;
                }});
}

TEST(DualProblemTest, GoesOnFromAnyStateToTheSameBits) {
  const MixedClasses example(700, 10);
  std::vector<DualState> states;
  const DualSolution whole = SolveFrom(nullptr, example, states);
  ASSERT_GT(states.size(), 3);
  const auto lacks_some = [](const DualState& state) { return state.active.size() < 700; };
  EXPECT_TRUE(std::ranges::any_of(states, lacks_some)) << "nothing was left out";
  for (size_t i = 0; i < states.size(); ++i) {
    ASSERT_TRUE(Fits(states[i], example.problem));
    std::vector<DualState> later;
    const DualSolution rest = SolveFrom(&states[i], example, later);
    EXPECT_EQ(rest.alpha, whole.alpha);
    EXPECT_EQ(rest.rho, whole.rho);
    EXPECT_EQ(rest.iterations, whole.iterations);
    EXPECT_TRUE(std::ranges::equal(later, std::span(states).subspan(i + 1)));
  }
}

TEST(DualProblemTest, CacheOfTwoRowsGivesTheSameBits) {
  const MixedClasses example(300);
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
  const MixedClasses example(2000);
  int64_t asked = 0;
  const DualSolution solution =
      Solve(example.problem, {.tolerance = 1e-9, .goes_on = [&](const DualProgress& progress) {
                                asked = progress.iteration;
                                return false;
                              }});
  EXPECT_EQ(asked, 1000);
  EXPECT_EQ(solution.iterations, 1000);
  EXPECT_FALSE(solution.converged);
  EXPECT_EQ(Solve(example.problem, {.max_iterations = 5}).iterations, 5);
}

}  // namespace
}  // namespace slipway::train
