#include "train/linear/logistic.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "train/linear/testing/waves.h"

// Expected coefficients: scikit-learn 1.9.1, tests/models/training/linear_expectations.py.
namespace slipway::train {
namespace {

using namespace testing;  // the waves

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pointwise;

constexpr LogisticOptions kTight = {.tolerance = 1e-10, .max_iterations = 10000};

StatusOr<LogisticFit> TryFit(const Samples& samples, const LogisticOptions& options = kTight,
                             FitOptions fit_options = {}) {
  Team team(2);
  fit_options.team = &team;
  return FitLogistic(samples, options, fit_options);
}

void ExpectModel(const StatusOr<LogisticFit>& fit, const std::vector<double>& weights,
                 const std::vector<double>& intercepts) {
  ASSERT_TRUE(fit.ok()) << MessageOf(fit.status());
  EXPECT_THAT(fit->model.weights, Pointwise(IsNear(2e-6), weights));
  EXPECT_THAT(fit->model.intercepts, Pointwise(IsNear(2e-6), intercepts));
}

TEST(LogisticTest, TwoClassesAreThoseOfScikitLearn) {
  ExpectModel(TryFit(TwoClasses()), {1.67223789453, -0.78013345963, 0.673049507692},
              {0.0237489914751});
}

TEST(LogisticTest, WeightsAndPenaltyCount) {
  Samples samples = TwoClasses();
  samples.weights = FourWeights(40);
  LogisticOptions options = kTight;
  options.c = 3;
  ExpectModel(TryFit(samples, options), {2.32909769573, -1.67595225888, 1.14480441116},
              {-0.0173457995825});
}

TEST(LogisticTest, ThreeClassesAreThoseOfScikitLearn) {
  ExpectModel(TryFit(ThreeClasses()),
              {-1.1583543538, 0.669347974188, -0.532827856036, -0.290568459175, -0.231839985323,
               0.449387701724, 1.44892281297, -0.437507988864, 0.0834401543119},
              {-0.000207832437414, 0.233085966488, -0.232878134051});
}

TEST(LogisticTest, WeightsOfThreeClassesCount) {
  Samples samples = ThreeClasses();
  samples.weights = FourWeights(40);
  ExpectModel(TryFit(samples),
              {-1.36265935781, 1.05938188962, -0.632116826022, -0.310174988877, 0.0424989998781,
               0.183059307432, 1.67283434669, -1.1018808895, 0.44905751859},
              {0.0694738468481, 0.585349812227, -0.654823659075});
}

TEST(LogisticTest, ClassesThatDoNotOccurAreLeftOut) {
  Samples samples = ThreeClasses();
  samples.weights.assign(40, 1);
  for (size_t row = 0; row < 40; ++row)
    if (samples.target.classes[row] == 1) samples.weights[row] = 0;
  const auto fit = TryFit(samples);
  ASSERT_TRUE(fit.ok()) << MessageOf(fit.status());
  EXPECT_THAT(fit->classes.positions, ElementsAre(0, 2));
  EXPECT_EQ(fit->model.outputs(), 1);
}

TEST(LogisticTest, OneClassIsRefused) {
  Samples samples = TwoClasses();
  samples.target.classes.assign(40, 1);
  const auto fit = TryFit(samples);
  ASSERT_FALSE(fit.ok());
  EXPECT_EQ(MessageOf(fit.status()),
            "target y: expected at least two classes with rows of positive weight, got 1");
}

TEST(LogisticTest, SeparableClassesWithoutPenaltyStopAtTheMostIterations) {
  Samples samples = Matrix(40, 1, [](size_t row, size_t) { return static_cast<double>(row); });
  std::vector<int32_t> classes(40, 0);
  std::fill(classes.begin() + 20, classes.end(), 1);
  SetClasses(samples, classes, 2);
  const auto fit = TryFit(samples, {.penalised = false, .tolerance = 0, .max_iterations = 20});
  ASSERT_TRUE(fit.ok()) << MessageOf(fit.status());
  EXPECT_TRUE(std::isfinite(fit->model.weights[0]));
}

TEST(LogisticTest, HugeFeaturesThatOverflowAreASentence) {
  Samples samples = Matrix(40, 1, [](size_t row, size_t) { return row % 2 ? 1e308 : -1e308; });
  std::vector<int32_t> classes(40);
  for (size_t row = 0; row < 40; ++row) classes[row] = row % 3 == 0;
  SetClasses(samples, classes, 2);
  const auto fit = TryFit(samples);
  ASSERT_FALSE(fit.ok());
  EXPECT_THAT(MessageOf(fit.status()), HasSubstr("the training diverged"));
}

TEST(LogisticTest, TheSameBitsForEveryTeam) {
  Samples samples = Matrix(20000, 5, Wave);
  std::vector<int32_t> classes(20000);
  for (size_t row = 0; row < 20000; ++row)
    classes[row] = static_cast<int32_t>(Wave(row, 0) + Wave(row, 7) > 0);
  SetClasses(samples, classes, 2);
  Team one(1), three(3);
  const auto alone = FitLogistic(samples, {}, {.team = &one});
  const auto together = FitLogistic(samples, {}, {.team = &three});
  EXPECT_EQ(alone->model.weights, together->model.weights);
}

/// Stops after some iterations.
class StopAfter : public Watch {
 public:
  explicit StopAfter(int64_t iterations) : iterations_(iterations) {}
  bool Report(const Progress& progress) override {
    losses.push_back(progress.training);
    return progress.iteration < iterations_;
  }
  bool WantsCheckpoint() override { return false; }
  Status SaveCheckpoint(std::string) override { return OkStatus(); }

  std::vector<double> losses;

 private:
  const int64_t iterations_;
};

TEST(LogisticTest, AWatchSeesTheLossFallAndStopsTheTraining) {
  StopAfter watch(3);
  const auto fit = TryFit(ThreeClasses(), kTight, {.watch = &watch});
  ASSERT_TRUE(fit.ok());
  ASSERT_EQ(watch.losses.size(), 3);
  EXPECT_GT(watch.losses[0], watch.losses[1]);
  EXPECT_GT(watch.losses[1], watch.losses[2]);
  EXPECT_THAT(fit->summary, HasSubstr("3 iterations, stopped"));
}

/// Keeps the state after the third iteration.
class SaveThird : public StopAfter {
 public:
  SaveThird() : StopAfter(1000000) {}
  bool WantsCheckpoint() override { return ++asked_ == 3; }
  Status SaveCheckpoint(std::string bytes) override {
    state = std::move(bytes);
    return OkStatus();
  }

  std::string state;

 private:
  int asked_ = 0;
};

TEST(LogisticTest, GoingOnFromACheckpointEqualsATrainingWithoutAStop) {
  SaveThird watch;
  const auto whole = TryFit(ThreeClasses(), kTight, {.watch = &watch});
  ASSERT_FALSE(watch.state.empty());
  const auto resumed = TryFit(ThreeClasses(), kTight, {.checkpoint = watch.state});
  ASSERT_TRUE(resumed.ok()) << MessageOf(resumed.status());
  EXPECT_EQ(resumed->model.weights, whole->model.weights);
  EXPECT_EQ(resumed->summary, whole->summary);
}

TEST(LogisticTest, ADamagedCheckpointIsRefused) {
  SaveThird watch;
  ASSERT_TRUE(TryFit(ThreeClasses(), kTight, {.watch = &watch}).ok());
  for (size_t size = 1; size < watch.state.size(); size += 37) {
    const std::string cut = watch.state.substr(0, size);
    const auto fit = TryFit(ThreeClasses(), kTight, {.checkpoint = cut});
    ASSERT_FALSE(fit.ok()) << size;
    EXPECT_THAT(MessageOf(fit.status()), HasSubstr("checkpoint: expected a state"));
  }
  EXPECT_FALSE(TryFit(TwoClasses(), kTight, {.checkpoint = watch.state}).ok());
}

}  // namespace
}  // namespace slipway::train
