#include "train/networks/training.h"

#include <gtest/gtest.h>

#include "base/team.h"
#include "train/algebra/testing/small_samples.h"
#include "train/kinds.h"
#include "train/testing/losses.h"

namespace slipway::train {
namespace {

using testing::Classes;
using testing::Losses;
using testing::RowList;
using testing::TwoMoons;
using testing::Values;

// What tests/models/training/networks.py trains on, from where, and what it prints.
const RowList kRows = {{0.5, -1.0}, {1.5, 0.25},   {-0.75, 0.5},
                       {2.0, -0.5}, {-1.25, -1.5}, {0.25, 1.75}};

Network Given(Activation activation, Answer answer) {
  std::vector<float> parameters = {0.5, -0.25, 0.75, -0.5, 1.0, 0.25, 0.1, -0.2, 0.3};
  const std::vector<float> of_one = {0.6, -0.4, 0.2, 0.05};
  const std::vector<float> of_three = {0.6, -0.4, 0.2,  -0.3, 0.5,   0.1,
                                       0.2, 0.3,  -0.7, 0.05, -0.05, 0.0};
  const auto& last = answer == Answer::kProbabilities ? of_three : of_one;
  parameters.insert(parameters.end(), last.begin(), last.end());
  return {.sizes = {2, 3, answer == Answer::kProbabilities ? size_t{3} : size_t{1}},
          .activation = activation,
          .answer = answer,
          .parameters = std::move(parameters)};
}

const TrainingOptions kThreeSteps = {
    .learning_rate = 0.01, .penalty = 0.6, .batch_size = 6, .max_epochs = 3};

Team& OneThread() {
  static Team team(1);
  return team;
}

void ExpectParameters(const Network& network, const std::vector<float>& expected) {
  ASSERT_EQ(network.parameters.size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i)
    EXPECT_NEAR(network.parameters[i], expected[i], 2e-6) << i;
}

TEST(TrainingTest, StepsOfAdamAreScikitLearns) {
  Network network = Given(Activation::kRelu, Answer::kProbabilities);
  const Samples samples = Classes(kRows, {0, 1, 2, 0, 1, 2});
  ASSERT_TRUE(Train(network, samples, {}, kThreeSteps, {.team = &OneThread()}).ok());
  ExpectParameters(network,
                   {0.529817,  -0.220141, 0.720260, -0.470077, 0.970073, 0.220037,  0.070068,
                    -0.229619, 0.270141,  0.571560, -0.370089, 0.170005, -0.329909, 0.470043,
                    0.129949,  0.170124,  0.270252, -0.670105, 0.020052, -0.077259, 0.029925});
}

TEST(TrainingTest, StepsOfGradientDescentWithMomentumAreScikitLearns) {
  Network network = Given(Activation::kTanh, Answer::kProbabilities);
  TrainingOptions options = kThreeSteps;
  options.step.adam = false;
  const Samples samples = Classes(kRows, {0, 1, 2, 0, 1, 2});
  ASSERT_TRUE(Train(network, samples, {}, options, {.team = &OneThread()}).ok());
  ExpectParameters(network,
                   {0.499770,  -0.241436, 0.747671, -0.480701, 0.991194, 0.228451,  0.092737,
                    -0.194881, 0.292155,  0.598894, -0.383378, 0.181270, -0.301686, 0.475477,
                    0.123798,  0.199667,  0.289693, -0.687753, 0.040511, -0.046929, 0.006418});
}

TEST(TrainingTest, WeightedStepsOfTwoClassesAreScikitLearns) {
  Network network = Given(Activation::kLogistic, Answer::kProbability);
  Samples samples = Classes(kRows, {0, 1, 1, 0, 1, 0});
  samples.weights = {1, 2, 0.5, 1, 0, 3};
  ASSERT_TRUE(Train(network, samples, {}, kThreeSteps, {.team = &OneThread()}).ok());
  ExpectParameters(network, {0.470033, -0.220047, 0.720020, -0.469973, 0.970010, 0.220053, 0.070051,
                             -0.170012, 0.270092, 0.570036, -0.429950, 0.170047, 0.020036});
}

TEST(TrainingTest, StepsOfARegressionAreScikitLearns) {
  Network network = Given(Activation::kTanh, Answer::kValue);
  const Samples samples = Values(kRows, {1.5, -0.5, 2.0, 0.0, -2.0, 1.0});
  ASSERT_TRUE(Train(network, samples, {}, kThreeSteps, {.team = &OneThread()}).ok());
  ExpectParameters(network, {0.469951, -0.220026, 0.719998, -0.470031, 0.970018, 0.280014, 0.071026,
                             -0.230044, 0.330035, 0.570038, -0.370033, 0.230049, 0.024468});
}

double Accuracy(const Network& network, const Samples& samples) {
  std::vector<float> rows;
  for (size_t i = 0; i < samples.rows; ++i)
    for (size_t f = 0; f < samples.features.size(); ++f)
      rows.push_back(static_cast<float>(samples.column(f)[i]));
  const std::vector<float> answers = Answers(network, rows);
  double right = 0;
  for (size_t i = 0; i < samples.rows; ++i)
    right += (answers[i] > 0.5f) == (samples.target.classes[i] == 1);
  return right / static_cast<double>(samples.rows);
}

TEST(TrainingTest, LearnsXorAndTwoMoons) {
  const TrainingOptions options = {.learning_rate = 0.01, .max_epochs = 1000, .tolerance = 0};
  for (const Samples& samples :
       {Classes({{0, 0}, {0, 1}, {1, 0}, {1, 1}}, {0, 1, 1, 0}), TwoMoons(200)}) {
    Network network = DrawNetworkFor(samples, {32}, Activation::kTanh, 1);
    ASSERT_TRUE(Train(network, samples, {}, options, {.team = &OneThread()}).ok());
    EXPECT_EQ(Accuracy(network, samples), 1);
  }
}

/// Keeps the checkpoint of one epoch; may stop there.
class KeepingWatch : public Watch {
 public:
  KeepingWatch(int64_t at, bool stops) : at_(at), stops_(stops) {}
  bool Report(const Progress& progress) override { return !(stops_ && epoch_ >= at_); }
  bool WantsCheckpoint() override { return ++epoch_ == at_; }
  Status SaveCheckpoint(std::string state) override {
    checkpoint = std::move(state);
    return OkStatus();
  }
  std::string checkpoint;

 private:
  const int64_t at_;
  const bool stops_;
  int64_t epoch_ = 0;
};

TEST(TrainingTest, ResumedIsTheSameAsUninterrupted) {
  const Samples samples = TwoMoons(300), judges = TwoMoons(40);
  for (const bool adam : {true, false}) {
    for (const Samples* const validation : {&judges, static_cast<const Samples*>(nullptr)}) {
      const TrainingOptions options = {.step = {.adam = adam},
                                       .learning_rate = 0.01,
                                       .schedule = Schedule::kInverseScaling,
                                       .batch_size = 32,
                                       .max_epochs = 30};
      const auto train = [&](Watch* watch, std::string_view checkpoint) {
        Network network = DrawNetworkFor(samples, {8, 5}, Activation::kRelu, 2);
        const auto summary = Train(network, samples, {}, options,
                                   {.seed = 2,
                                    .team = &OneThread(),
                                    .validation = validation,
                                    .watch = watch,
                                    .checkpoint = checkpoint});
        EXPECT_TRUE(summary.ok()) << summary.status();
        return network.parameters;
      };
      KeepingWatch watch(10, true);
      EXPECT_NE(train(&watch, ""), train(nullptr, ""));
      EXPECT_EQ(train(nullptr, watch.checkpoint), train(nullptr, ""));
    }
  }
}

TEST(TrainingTest, GoingOnFromTheLastStateChangesNothing) {
  const Samples samples = TwoMoons(300), judges = TwoMoons(40);
  for (const Samples* const validation : {&judges, static_cast<const Samples*>(nullptr)})
    for (const Schedule schedule : {Schedule::kAdaptive, Schedule::kConstant}) {
      const TrainingOptions options = {.step = {.adam = false},
                                       .learning_rate = 0.01,
                                       .schedule = schedule,
                                       .batch_size = 32,
                                       .max_epochs = 500,
                                       .tolerance = 0.05,
                                       .patience = 2};
      const auto train = [&](Watch* watch, std::string_view checkpoint) {
        Network network = DrawNetworkFor(samples, {8}, Activation::kRelu, 2);
        const auto summary = Train(network, samples, {}, options,
                                   {.team = &OneThread(),
                                    .validation = validation,
                                    .watch = watch,
                                    .checkpoint = checkpoint});
        EXPECT_TRUE(summary.ok() && summary->converged) << summary.status();
        return std::pair(summary->epochs, network.parameters);
      };
      const auto whole = train(nullptr, "");
      ASSERT_LT(whole.first, 500);
      KeepingWatch last(whole.first, false);
      train(&last, "");
      EXPECT_EQ(train(nullptr, last.checkpoint), whole);
    }
}

TEST(TrainingTest, AnAnswerBeyondAllNumbersThatJudgesIsASentence) {
  const Samples samples = Values({{1}, {2}, {3}, {4}}, {1, 2, 3, 4});
  const Samples judges = Values({{1}, {2}}, {1e300, 2});
  Network network = DrawNetworkFor(samples, {4}, Activation::kRelu, 1);
  const auto summary =
      Train(network, samples, {}, {}, {.team = &OneThread(), .validation = &judges});
  ASSERT_FALSE(summary.ok());
  EXPECT_THAT(MessageOf(summary.status()),
              ::testing::HasSubstr("epoch 1: the loss of the rows that judge is no finite number"));
}

TEST(TrainingTest, CheckpointsOfOtherTrainingsAreRefused) {
  const Samples samples = TwoMoons(20);
  const TrainingOptions options = {.max_epochs = 3};
  KeepingWatch watch(2, false);
  Network network = DrawNetworkFor(samples, {4}, Activation::kRelu, 1);
  ASSERT_TRUE(Train(network, samples, {}, options, {.team = &OneThread(), .watch = &watch}).ok());
  const auto resume = [&](uint64_t seed, std::string_view checkpoint) {
    const auto summary = Train(network, samples, {}, options,
                               {.seed = seed, .team = &OneThread(), .checkpoint = checkpoint});
    return summary.ok() ? "" : std::string(MessageOf(summary.status()));
  };
  EXPECT_EQ(resume(1, watch.checkpoint),
            "checkpoint: it is of other rows, parameters or another seed than given now");
  EXPECT_THAT(resume(0, watch.checkpoint.substr(0, 100)),
              ::testing::HasSubstr("checkpoint: expected"));
  EXPECT_EQ(resume(0, watch.checkpoint), "");
}

TEST(TrainingTest, MaskedWeightsStayZero) {
  const Samples samples = TwoMoons(100);
  Network network = DrawNetworkFor(samples, {16}, Activation::kRelu, 1);
  Mask mask(network.parameters.size(), 1);
  for (size_t i = 0; i < mask.size(); i += 3) mask[i] = 0;
  ASSERT_TRUE(Train(network, samples, mask, {.max_epochs = 20}, {.team = &OneThread()}).ok());
  for (size_t i = 0; i < mask.size(); ++i) EXPECT_EQ(network.parameters[i] == 0, mask[i] == 0);
}

TEST(TrainingTest, TeamsOfOneSizeGiveTheSameBits) {
  Samples samples = TwoMoons(2000);
  const TrainingOptions options = {.batch_size = 1000, .max_epochs = 3};
  Team team(2);
  const auto train = [&](Team& of) {
    Network network = DrawNetworkFor(samples, {200, 50}, Activation::kRelu, 1);
    EXPECT_TRUE(Train(network, samples, {}, options, {.team = &of}).ok());
    return network.parameters;
  };
  const std::vector<float> first = train(team), alone = train(OneThread());
  EXPECT_EQ(first, train(team));
  for (size_t i = 0; i < first.size(); ++i) EXPECT_NEAR(first[i], alone[i], 1e-3);
}

TEST(TrainingTest, EarlyStoppingKeepsTheBestParameters) {
  const Samples samples = TwoMoons(200);
  // Labels that no rows explain: the loss of rows that are not learned from rises.
  Samples noise = samples;
  for (size_t i = 0; i < noise.rows; ++i) noise.target.classes[i] = (i * 7 / 3) % 2;
  Network network = DrawNetworkFor(samples, {64}, Activation::kRelu, 1);
  Losses losses;
  const FitOptions judged = {.team = &OneThread(), .validation = &samples, .watch = &losses};
  const auto summary = Train(network, noise, {},
                             {.learning_rate = 0.05, .batch_size = 20, .max_epochs = 500}, judged);
  ASSERT_TRUE(summary.ok());
  EXPECT_TRUE(summary->converged);
  EXPECT_LT(summary->epochs, 200);
  const double least = *std::ranges::min_element(losses.validation);
  EXPECT_EQ(summary->validation_loss, least);
  EXPECT_LT(least, losses.validation.back() - 0.01);
  // Steps of no length tell the loss of the network that came out.
  const TrainingOptions still = {.learning_rate = 1e-30, .max_epochs = 1};
  ASSERT_TRUE(Train(network, noise, {}, still, judged).ok());
  EXPECT_NEAR(losses.validation.back(), least, 1e-6);
}

std::string FitError(const std::map<std::string, std::string>& given, const Samples& samples) {
  const auto parameters = kNetwork.Read(given);
  if (!parameters.ok()) return std::string(MessageOf(parameters.status()));
  const auto fitted = kNetwork.fit(samples, *parameters, {.team = &OneThread()});
  return fitted.ok() ? "" : std::string(MessageOf(fitted.status()));
}

TEST(NetworkKindTest, RefusesWhatItCannotLearnFrom) {
  const Samples good = Classes({{0, 1}, {2, 3}}, {0, 1});
  EXPECT_EQ(FitError({{"max_iterations", "2"}}, good), "");
  EXPECT_EQ(FitError({{"hidden", "64,,2"}}, good),
            "parameter hidden: expected 1 to 16 sizes from 1 to 8192, such as \"64,64\", got "
            "\"64,,2\"");
  Samples missing = good;
  missing.values[2] = NAN;
  EXPECT_EQ(FitError({}, missing),
            "feature \"x1\", row 1: expected a finite number that float32 holds, got nan");
  Samples weightless = good;
  weightless.weights = {0, 0};
  EXPECT_EQ(FitError({}, weightless), "weights: expected some above 0, got 2 zeros");
  EXPECT_EQ(FitError({{"solver", "sgd"}, {"learning_rate", "10"}, {"momentum", "1"}},
                     Values({{1e20, 3}, {-1e20, 2}, {3, 1e19}}, {1, 2, 3})),
            "epoch 2: the loss is no finite number; expected a smaller learning_rate");
}

TEST(NetworkKindTest, TakesConstantColumnsAndClassesThatDoNotOccur) {
  EXPECT_EQ(FitError({{"max_iterations", "5"}},
                     Classes({{1, 1}, {1, 2}, {1, 2}, {1, 4}}, {0, 2, 2, 0}, 4)),
            "");
  EXPECT_EQ(FitError({{"max_iterations", "5"}}, Values({{1}, {2}, {2}}, {7, 7, 7})), "");
}

}  // namespace
}  // namespace slipway::train
