#include "train/trainer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "train/kinds.h"

namespace slipway::train {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const data::Table kTable = {
    .columns = {{.name = "x", .numbers = {1, 2, 3, 4}}, {.name = "z", .numbers = {4, 1, 3, 2}}},
    .rows = 4};
const data::Target kWords = {.task = data::Task::kClassification,
                             .name = "y",
                             .classes = {0, 1, 1, 1},
                             .labels = {"no", "yes"}};

StatusOr<Trained> TrainOn(const data::Target& target, std::vector<double> weights,
                          const Recipe& recipe, Watch* watch = nullptr) {
  Team team(1);
  const Dataset rows{.table = kTable,
                     .target = target,
                     .weights = std::move(weights),
                     .group = std::nullopt,
                     .time = std::nullopt};
  return Train(rows, recipe, {.team = &team, .watch = watch});
}

std::string Refusal(const StatusOr<Trained>& trained) {
  return trained.ok() ? "" : std::string(MessageOf(trained.status()));
}

/// Reports two points of a curve, and asks whether to go on.
StatusOr<std::unique_ptr<Fitted>> FitInTwoSteps(const Samples& samples,
                                                const Parameters& parameters,
                                                const FitOptions& options) {
  for (const int64_t iteration : {1, 2})
    if (!options.watch->Report({.share = 0.5 * static_cast<double>(iteration),
                                .iteration = iteration,
                                .metric = "log loss",
                                .training = 1.0 / static_cast<double>(iteration)}))
      break;
  return kConstant.fit(samples, parameters, options);
}

TEST(TrainerTest, OutputsAndLabelsAreThoseOfTheTarget) {
  const auto trained = TrainOn(kWords, {}, {&kConstant, {}});
  ASSERT_TRUE(trained.ok()) << trained.status();
  ASSERT_EQ(trained->signature.inputs.size(), 1u);
  EXPECT_THAT(trained->signature.inputs[0].columns, ElementsAre("x", "z"));
  EXPECT_EQ(trained->signature.outputs[0].dtype, DType::kBytes);
  EXPECT_THAT(trained->signature.outputs[1].labels, ElementsAre("no", "yes"));
  EXPECT_EQ(trained->summary, "always \"yes\"");
}

TEST(TrainerTest, TheSameArgumentsGiveTheSameBytes) {
  EXPECT_EQ(TrainOn(kWords, {}, {&kConstant, {}})->onnx,
            TrainOn(kWords, {}, {&kConstant, {}})->onnx);
}

TEST(TrainerTest, WeightsDecide) {
  EXPECT_EQ(TrainOn(kWords, {9, 1, 1, 1}, {&kConstant, {}})->summary, "always \"no\"");
  EXPECT_THAT(Refusal(TrainOn(kWords, {0, 0, 0, 0}, {&kConstant, {}})),
              HasSubstr("the weights of all 4 rows are zero"));
  EXPECT_THAT(Refusal(TrainOn(kWords, {1, -1, 1, 1}, {&kConstant, {}})),
              HasSubstr("weights: row 2: expected a finite number, 0 or more, got -1"));
}

TEST(TrainerTest, OneClassAloneIsRefusedByWhateverLeftIt) {
  const auto refusal = [](const std::vector<int32_t>& classes, const Recipe& recipe,
                          std::vector<double> weights = {}) {
    Team team(1);
    Dataset rows{.table = kTable,
                 .target = kWords,
                 .weights = std::move(weights),
                 .group = std::nullopt,
                 .time = data::Column{.name = "day", .numbers = {1, 2, 3, 4}}};
    rows.target.classes = classes;
    return Refusal(Train(rows, recipe, {.team = &team}));
  };
  for (const EstimatorKind& kind : EstimatorKinds()) {
    if (!kind.classifies) continue;
    EXPECT_EQ(
        refusal({1, 1, 1, 1}, {&kind, {}}),
        "of target \"y\", the split by time \"day\" left class \"yes\" alone among the 4 rows "
        "to learn from: expected two classes at least")
        << kind.name;
  }
  EXPECT_THAT(refusal({0, 1, 1, 1}, {&kConstant, {}}, {0, 1, 1, 1}),
              HasSubstr("left class \"yes\" alone among the 4 rows to learn from: expected two "
                        "classes at least with weight"));
  EXPECT_THAT(refusal({0, 0, 0, 1}, {&kBoosting, {{"early_stopping", "true"}}}),
              HasSubstr("classes occur among those to learn from"));
  EXPECT_THAT(refusal({1, 1, 0, 1},
                      {&kBoosting, {{"early_stopping", "true"}, {"validation_share", "0.5"}}}),
              HasSubstr("early_stopping left class \"yes\" alone among the 2 rows"));
}

TEST(TrainerTest, RowsThatSuitNoLossAreToldBeforeTheyAreDivided) {
  Team team(1);
  Dataset rows{.table = kTable,
               .target = {.name = "y", .values = {1, 2, -3, 4}},
               .weights = {},
               .group = std::nullopt,
               .time = std::nullopt};
  rows.table.numbers = {5, 9, 12, 30};
  const Recipe recipe{&kBoosting, {{"loss", "poisson"}, {"early_stopping", "true"}}};
  EXPECT_EQ(Refusal(Train(rows, recipe, {.team = &team})),
            "loss poisson: expected no value below 0, got -3 in row 12 of \"y\"");
}

TEST(TrainerTest, AKindOfTheOtherTaskIsRefused) {
  EstimatorKind kind = kConstant;
  kind.classifies = false;
  EXPECT_THAT(Refusal(TrainOn(kWords, {}, {&kind, {}})),
              HasSubstr("constant is for regression, and the task is classification"));
}

TEST(TrainerTest, ParametersAreChecked) {
  EXPECT_THAT(Refusal(TrainOn(kWords, {}, {&kConstant, {{"depth", "1"}}})),
              HasSubstr("constant has no parameter \"depth\""));
}

TEST(TrainerTest, TheLearningCurveIsKept) {
  EstimatorKind kind = kConstant;
  kind.fit = FitInTwoSteps;
  const auto trained = TrainOn(kWords, {}, {&kind, {}});
  ASSERT_TRUE(trained.ok());
  EXPECT_EQ(trained->curve_metric, "log loss");
  ASSERT_EQ(trained->curve.size(), 2u);
  EXPECT_EQ(trained->curve[1].iteration, 2);
  EXPECT_EQ(trained->curve[1].training, 0.5);
}

}  // namespace
}  // namespace slipway::train
