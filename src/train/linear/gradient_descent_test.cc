#include "train/linear/gradient_descent.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "train/linear/testing/waves.h"

namespace slipway::train {
namespace {

using namespace testing;  // the waves
using ::testing::HasSubstr;
using ::testing::Pointwise;
using Optimiser = DescentOptions::Optimiser;
using Schedule = DescentOptions::Schedule;

StatusOr<DescentFit> TryFit(const Samples& samples, const DescentOptions& options,
                            FitOptions fit_options = {}) {
  Team team(2);
  fit_options.team = &team;
  if (samples.target.task == data::Task::kRegression)
    return FitByDescent(samples, nullptr, options, fit_options);
  const auto classes = OccurringClasses(samples);
  return FitByDescent(samples, &*classes, options, fit_options);
}

// scikit-learn 1.9.1: Ridge(alpha = 40 · 0.05), whose objective is 40 times this one, and
// LogisticRegression(C = 1).
const std::vector<double> kRidgeOf2 = {1.8178016171, -0.894356206048, 0.466911340092};
const std::vector<double> kLogisticOf1 = {1.67223789453, -0.78013345963, 0.673049507692};

TEST(GradientDescentTest, EveryOptimiserFindsTheLeastSquares) {
  for (const Optimiser optimiser : {Optimiser::kPlain, Optimiser::kMomentum, Optimiser::kAdam})
    for (const size_t batch : {0, 40}) {
      const auto fit = TryFit(WaveRegression(40, 3), {.optimiser = optimiser,
                                                      .schedule = Schedule::kConstant,
                                                      .batch = batch,
                                                      .alpha = 0.05,
                                                      .eta0 = 0.05,
                                                      .max_iterations = 5000,
                                                      .tolerance = 0,
                                                      .patience = 5000});
      ASSERT_TRUE(fit.ok()) << MessageOf(fit.status());
      EXPECT_THAT(fit->model.weights, Pointwise(IsNear(1e-6), kRidgeOf2));
    }
}

TEST(GradientDescentTest, StochasticStepsThatShortenComeNear) {
  for (const size_t batch : {1, 8}) {
    const auto fit = TryFit(WaveRegression(40, 3), {.schedule = Schedule::kCosine,
                                                    .batch = batch,
                                                    .alpha = 0.05,
                                                    .eta0 = 0.05,
                                                    .max_iterations = 2000,
                                                    .tolerance = 0,
                                                    .patience = 2000});
    ASSERT_TRUE(fit.ok());
    EXPECT_THAT(fit->model.weights, Pointwise(IsNear(1e-3), kRidgeOf2)) << batch;
  }
}

TEST(GradientDescentTest, EveryScheduleComesToTheSameCoefficients) {
  struct Row {
    Schedule schedule;
    size_t batch;
    double eta0;
    int64_t max_iterations, patience;
    double near;
  };
  const Row table[] = {{Schedule::kInverseScaling, 0, 0.05, 20'000, 20'000, 1e-6},
                       {Schedule::kInverseScaling, 1, 0.02, 4'000, 4'000, 0.02},
                       {Schedule::kAdaptive, 0, 0.5, 5'000, 20, 1e-6},
                       {Schedule::kAdaptive, 1, 0.05, 4'000, 20, 5e-3},
                       {Schedule::kConstant, 0, 0.05, 5'000, 5'000, 1e-6},
                       {Schedule::kCosine, 0, 0.05, 5'000, 5'000, 1e-6}};
  for (const Row& row : table) {
    const auto fit = TryFit(WaveRegression(40, 3), {.schedule = row.schedule,
                                                    .batch = row.batch,
                                                    .alpha = 0.05,
                                                    .eta0 = row.eta0,
                                                    .max_iterations = row.max_iterations,
                                                    .tolerance = 0,
                                                    .patience = row.patience});
    ASSERT_TRUE(fit.ok()) << MessageOf(fit.status());
    EXPECT_THAT(fit->model.weights, Pointwise(IsNear(row.near), kRidgeOf2))
        << static_cast<int>(row.schedule) << ", batches of " << row.batch << ": " << fit->summary;
  }
}

TEST(GradientDescentTest, LogLossAndSoftmaxOfTwoClassesFindLogisticRegression) {
  for (const DescentLoss loss : {DescentLoss::kLog, DescentLoss::kSoftmax}) {
    const auto fit = TryFit(TwoClasses(), {.loss = loss,
                                           .optimiser = Optimiser::kMomentum,
                                           .schedule = Schedule::kConstant,
                                           .batch = 0,
                                           .alpha = 1.0 / 40,
                                           .eta0 = 0.2,
                                           .max_iterations = 3000,
                                           .tolerance = 0,
                                           .patience = 3000});
    ASSERT_TRUE(fit.ok());
    EXPECT_THAT(fit->model.weights, Pointwise(IsNear(1e-6), kLogisticOf1));
  }
}

TEST(GradientDescentTest, AnL1PenaltyLeavesFeaturesOut) {
  const auto fit = TryFit(WaveRegression(40, 3), {.schedule = Schedule::kConstant,
                                                  .batch = 0,
                                                  .alpha = 0.2,
                                                  .l1_ratio = 1,
                                                  .eta0 = 0.1,
                                                  .max_iterations = 3000,
                                                  .tolerance = 0,
                                                  .patience = 3000});
  ASSERT_TRUE(fit.ok());  // scikit-learn 1.9.1: Lasso(alpha = 0.2)
  EXPECT_THAT(fit->model.weights,
              Pointwise(IsNear(1e-6), {1.61440437591, -0.605719149175, 0.124873367563}));
}

// scikit-learn 1.9.1: ElasticNet(alpha = 0.2, l1_ratio = 0.3) of numbers; of two classes
// LogisticRegression(C = 1) with l1_ratio 1 and 0.5, whose objective is 40 times this one.
TEST(GradientDescentTest, EveryPenaltyFindsTheCoefficientsOfScikitLearn) {
  struct Row {
    DescentLoss loss;
    double alpha, l1_ratio;
    std::vector<double> weights;
  };
  const Row table[] = {
      {DescentLoss::kSquared, 0.2, 0.3, {1.47584463514, -0.692500759308, 0.313811610649}},
      {DescentLoss::kLog, 1.0 / 40, 1, {1.89080937762, -0.75630045468, 0.635409477648}},
      {DescentLoss::kLog, 1.0 / 40, 0.5, {1.76223504322, -0.765990575636, 0.652405971192}}};
  for (const Row& row : table) {
    const bool classes = row.loss == DescentLoss::kLog;
    const auto fit =
        TryFit(classes ? TwoClasses() : WaveRegression(40, 3), {.loss = row.loss,
                                                                .schedule = Schedule::kConstant,
                                                                .batch = 0,
                                                                .alpha = row.alpha,
                                                                .l1_ratio = row.l1_ratio,
                                                                .eta0 = 0.2,
                                                                .max_iterations = 20'000,
                                                                .tolerance = 0,
                                                                .patience = 20'000});
    ASSERT_TRUE(fit.ok()) << MessageOf(fit.status());
    EXPECT_THAT(fit->model.weights, Pointwise(IsNear(1e-6), row.weights)) << row.l1_ratio;
  }
}

TEST(GradientDescentTest, HuberIsNotDrawnByAnOutlier) {
  Samples samples = WaveRegression(40, 3);
  samples.target.values[5] = 1e4;
  const auto fit = TryFit(samples, {.loss = DescentLoss::kHuber,
                                    .schedule = Schedule::kConstant,
                                    .batch = 0,
                                    .alpha = 0,
                                    .epsilon = 0.5,
                                    .eta0 = 0.1,
                                    .max_iterations = 3000,
                                    .tolerance = 0,
                                    .patience = 3000});
  ASSERT_TRUE(fit.ok());
  EXPECT_THAT(fit->model.weights, Pointwise(IsNear(0.1), {2.0, -1.0, 0.5}));
}

TEST(GradientDescentTest, StepsThatAreTooLongAreASentence) {
  const auto fit =
      TryFit(WaveRegression(40, 3), {.schedule = Schedule::kConstant, .eta0 = 100, .tolerance = 0});
  ASSERT_FALSE(fit.ok());
  EXPECT_EQ(ReasonOf(fit.status()), Reason::kBadRequest);
  EXPECT_THAT(MessageOf(fit.status()), HasSubstr("the training diverged"));
}

/// Remembers losses and the state after some round.
class Recorder : public Watch {
 public:
  explicit Recorder(int64_t round) : round_(round) {}
  bool Report(const Progress& progress) override {
    validation.push_back(progress.validation);
    return true;
  }
  bool WantsCheckpoint() override { return ++asked_ == round_; }
  Status SaveCheckpoint(std::string bytes) override {
    state = std::move(bytes);
    return OkStatus();
  }

  std::vector<double> validation;
  std::string state;

 private:
  const int64_t round_;
  int64_t asked_ = 0;
};

constexpr DescentOptions kResumable = {.loss = DescentLoss::kLog,
                                       .optimiser = Optimiser::kAdam,
                                       .schedule = Schedule::kAdaptive,
                                       .batch = 4,
                                       .max_iterations = 30,
                                       .seed = 3};

/// The mean log loss of a model of two classes.
double LogLossOf(const LinearModel& model, const Samples& samples) {
  double loss = 0;
  for (size_t row = 0; row < samples.rows; ++row) {
    double score = model.intercepts[0];
    for (size_t j = 0; j < model.features; ++j)
      score += model.weights[j] * samples.values[j * samples.rows + row];
    loss += std::log1p(std::exp(samples.target.classes[row] == 1 ? -score : score));
  }
  return loss / static_cast<double>(samples.rows);
}

// A third of the judges' labels is wrong: what fits the others ever better fits these ever worse.
TEST(GradientDescentTest, EarlyStoppingKeepsTheBest) {
  Samples judges = TwoClasses();
  for (size_t row = 0; row < judges.rows; row += 3) judges.target.classes[row] ^= 1;
  DescentOptions options = kResumable;
  options.schedule = Schedule::kConstant;
  options.max_iterations = 200;
  for (const int64_t patience : {200, 5}) {
    options.patience = patience;
    Recorder recorder(-1);
    const auto fit = TryFit(TwoClasses(), options, {.validation = &judges, .watch = &recorder});
    ASSERT_TRUE(fit.ok()) << MessageOf(fit.status());
    const double least = *std::ranges::min_element(recorder.validation);
    EXPECT_LT(least, recorder.validation.back() - 1e-4);
    EXPECT_NEAR(LogLossOf(fit->model, judges), least, 1e-12);
    EXPECT_EQ(recorder.validation.size() < 200, patience == 5);
  }
}

TEST(GradientDescentTest, GoingOnFromACheckpointEqualsATrainingWithoutAStop) {
  Recorder recorder(7);
  const auto whole = TryFit(ThreeClasses(), kResumable, {.watch = &recorder});
  ASSERT_TRUE(whole.ok()) << MessageOf(whole.status());
  ASSERT_FALSE(recorder.state.empty());
  const auto resumed = TryFit(ThreeClasses(), kResumable, {.checkpoint = recorder.state});
  ASSERT_TRUE(resumed.ok()) << MessageOf(resumed.status());
  EXPECT_EQ(resumed->model.weights, whole->model.weights);
  EXPECT_EQ(resumed->model.intercepts, whole->model.intercepts);
  EXPECT_EQ(resumed->summary, whole->summary);
}

TEST(GradientDescentTest, GoingOnFromTheLastStateChangesNothing) {
  const Samples samples = ThreeClasses();
  for (const Samples* const judges : {&samples, static_cast<const Samples*>(nullptr)})
    for (const auto schedule :
         {DescentOptions::Schedule::kAdaptive, DescentOptions::Schedule::kConstant}) {
      DescentOptions options = kResumable;
      options.schedule = schedule;
      options.max_iterations = 300;
      options.tolerance = 0.05;
      Recorder counter(-1);
      const auto whole = TryFit(samples, options, {.validation = judges, .watch = &counter});
      ASSERT_TRUE(whole.ok()) << MessageOf(whole.status());
      ASSERT_LT(counter.validation.size(), 300);
      Recorder last(static_cast<int64_t>(counter.validation.size()));
      ASSERT_TRUE(TryFit(samples, options, {.validation = judges, .watch = &last}).ok());
      const auto resumed =
          TryFit(samples, options, {.validation = judges, .checkpoint = last.state});
      ASSERT_TRUE(resumed.ok()) << MessageOf(resumed.status());
      EXPECT_EQ(resumed->model.weights, whole->model.weights);
      EXPECT_EQ(resumed->summary, whole->summary);
    }
}

TEST(GradientDescentTest, AJudgingRowBeyondAllNumbersIsASentence) {
  Samples judges = WaveRegression(40, 3);
  judges.values[0] = 1e200;
  const auto fit = TryFit(WaveRegression(40, 3), {}, {.validation = &judges});
  ASSERT_FALSE(fit.ok());
  EXPECT_THAT(MessageOf(fit.status()), HasSubstr("the training diverged"));
}

TEST(GradientDescentTest, ADamagedCheckpointIsRefused) {
  Recorder recorder(7);
  ASSERT_TRUE(TryFit(ThreeClasses(), kResumable, {.watch = &recorder}).ok());
  const std::string good = recorder.state;
  for (const size_t size : {size_t{1}, size_t{20}, good.size() / 2, good.size() - 1}) {
    const std::string cut = good.substr(0, size);
    EXPECT_FALSE(TryFit(ThreeClasses(), kResumable, {.checkpoint = cut}).ok()) << size;
  }
  const std::string longer = good + "x";
  const auto fit = TryFit(ThreeClasses(), kResumable, {.checkpoint = longer});
  ASSERT_FALSE(fit.ok());
  EXPECT_THAT(MessageOf(fit.status()), HasSubstr("checkpoint: expected a state of this training"));
  DescentOptions other = kResumable;
  other.alpha = 1;
  EXPECT_FALSE(TryFit(ThreeClasses(), other, {.checkpoint = good}).ok());
}

}  // namespace
}  // namespace slipway::train
