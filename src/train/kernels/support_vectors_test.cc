#include "train/kernels/support_vectors.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"
#include "train/algebra/rows.h"
#include "train/algebra/testing/small_samples.h"
#include "train/kinds.h"
#include "train/testing/all_checkpoints.h"

namespace slipway::train {
namespace {

using testing::Classes;
using testing::RowList;
using testing::TwoMoons;
using testing::Values;

// What tests/models/training/kernels.py fits; its figures follow.
const RowList kRows = {{0.5, -1.0},   {1.5, 0.25},  {-0.75, 0.5}, {2.0, -0.5},
                       {-1.25, -1.5}, {0.25, 1.75}, {0.5, -1.0},  {1.0, 1.0}};
const std::vector<int32_t> kClasses = {0, 1, 2, 0, 1, 2, 0, 1};
const std::vector<double> kValues = {1.5, -0.5, 2.0, 0.0, -2.0, 1.0, 1.25, 0.5};
const std::vector<double> kWeights = {1, 2, 0.5, 1, 3, 1, 0, 1};

SvmOptions OptionsOf(KernelShape shape) {
  return {.kernel = {.shape = shape, .gamma = 0.5, .coef0 = 0.25, .degree = 3},
          .cost = 2,
          .epsilon = 0.2,
          .tolerance = 1e-7};
}

double KernelOf(const KernelFunction& kernel, const Samples& samples, size_t a, size_t b) {
  double product = 0, square = 0;
  for (size_t f = 0; f < samples.features.size(); ++f) {
    product += samples.column(f)[a] * samples.column(f)[b];
    square += std::pow(samples.column(f)[a] - samples.column(f)[b], 2);
  }
  switch (kernel.shape) {
    case KernelShape::kLinear:
      return product;
    case KernelShape::kPolynomial:
      return std::pow(kernel.gamma * product + kernel.coef0, kernel.degree);
    case KernelShape::kRadial:
      return std::exp(-kernel.gamma * square);
    case KernelShape::kSigmoid:
      return std::tanh(kernel.gamma * product + kernel.coef0);
  }
  return 0;
}

SupportVectors MachineOf(const Samples& samples, const SvmOptions& options, int threads = 1) {
  Team team(threads);
  const auto rows = RowsOf(samples);
  const auto folds = FoldsOf(samples.rows, {});
  auto machine = FitSupportVectors(samples, *rows, options, {.team = &team, .folds = *folds});
  EXPECT_TRUE(machine.ok()) << machine.status();
  return machine.ok() ? *std::move(machine) : SupportVectors{};
}

/// Decisions of the first rows: [rows, pairs].
std::vector<double> Decisions(const Samples& samples, const SvmOptions& options,
                              const SupportVectors& machine, size_t rows) {
  const size_t pairs = machine.offsets.size();
  std::vector<double> decisions;
  for (size_t row = 0; row < rows; ++row)
    for (size_t p = 0; p < pairs; ++p) {
      decisions.push_back(machine.offsets[p]);
      for (size_t v = 0; v < machine.vectors.size(); ++v)
        decisions.back() += machine.weights[v * pairs + p] *
                            KernelOf(options.kernel, samples, machine.vectors[v], row);
    }
  return decisions;
}

struct Expected {
  KernelShape shape;
  std::vector<double> of_pairs, of_values;
};
const Expected kExpected[] = {
    {KernelShape::kLinear,
     {0.14894, 1.0, 2.82456, -1.0, 0.67213, 2.64912, -4.14894, -1.0, -0.82456, 1.0, 1.59016,
      4.29825},
     {-0.96414, 0.15724, -0.32138, -0.2, -1.8, 0.8, -0.96414, 0.51448}},
    {KernelShape::kPolynomial,
     {1.0, 1.0, -0.05696, -1.0, 0.32925, 1.25675, 0.00899, -0.10841, -0.57147, 1.0, 1.58799,
      1.18734},
     {1.3, -0.3, 1.24978, -0.2, -1.8, 1.2, 1.3, 0.3}},
    {KernelShape::kRadial,
     {1.0, 1.0, 0.36125, -1.0, 0.57747, 1.09043, -0.30184, -1.0, -0.92649, 0.52483, 1.0, 0.47493},
     {1.3, -0.3, 1.14754, -0.19421, -1.8, 0.8, 1.3, 0.3}},
    {KernelShape::kSigmoid,
     {},  // not convex: which optimum is found depends on rounding
     {-2.82655, 0.48775, -0.9257, -0.70788, -1.8, -0.0987, -2.82655, 0.7}},
};

TEST(SupportVectorsTest, WeightedDecisionsOfPairsAreScikitLearns) {
  Samples samples = Classes(kRows, kClasses);
  samples.weights = kWeights;
  for (const Expected& expected : kExpected) {
    if (expected.of_pairs.empty()) continue;
    const SvmOptions options = OptionsOf(expected.shape);
    const auto decisions = Decisions(samples, options, MachineOf(samples, options), 4);
    ASSERT_EQ(decisions.size(), expected.of_pairs.size());
    for (size_t i = 0; i < decisions.size(); ++i)
      EXPECT_NEAR(decisions[i], expected.of_pairs[i], 2e-4)
          << "kernel " << static_cast<int>(expected.shape) << " at " << i;
  }
}

TEST(SupportVectorsTest, WeightedValuesAreScikitLearns) {
  Samples samples = Values(kRows, kValues);
  samples.weights = kWeights;
  for (const Expected& expected : kExpected) {
    const SvmOptions options = OptionsOf(expected.shape);
    const auto values = Decisions(samples, options, MachineOf(samples, options), kRows.size());
    for (size_t i = 0; i < values.size(); ++i)
      EXPECT_NEAR(values[i], expected.of_values[i], 2e-4)
          << "kernel " << static_cast<int>(expected.shape) << " at " << i;
  }
}

TEST(SupportVectorsTest, PartXorAndTwoMoons) {
  const SvmOptions options = {.kernel = {.gamma = 2}, .cost = 100};
  for (const Samples& samples :
       {Classes({{0, 0}, {0, 1}, {1, 0}, {1, 1}}, {0, 1, 1, 0}), TwoMoons(200)}) {
    const auto decisions = Decisions(samples, options, MachineOf(samples, options), samples.rows);
    for (size_t i = 0; i < samples.rows; ++i)
      EXPECT_EQ(decisions[i] > 0, samples.target.classes[i] == 0) << i;
  }
}

TEST(SupportVectorsTest, TeamsGiveTheBitsOfOneThread) {
  Samples samples = TwoMoons(120);
  samples.target.labels.push_back("2");
  for (size_t i = 0; i < 120; i += 5) samples.target.classes[i] = 2;
  SvmOptions options = {.probability = true};
  const SupportVectors alone = MachineOf(samples, options),
                       together = MachineOf(samples, options, 2);
  EXPECT_EQ(alone.weights, together.weights);
  EXPECT_EQ(alone.offsets, together.offsets);
  ASSERT_EQ(alone.sigmoids.size(), 3);
  for (size_t p = 0; p < 3; ++p) EXPECT_EQ(alone.sigmoids[p].a, together.sigmoids[p].a);
  EXPECT_LT(alone.sigmoids[0].a, 0);
}

TEST(SupportVectorsTest, ResumedIsTheSameAsUninterrupted) {
  Random random(5);
  Samples classes = TwoMoons(300);
  classes.target.labels.push_back("2");
  for (int32_t& label : classes.target.classes)
    if (random.Uniform() < 0.3) label = 2;
  Samples values = TwoMoons(300);
  values.target = {.task = data::Task::kRegression};
  for (size_t i = 0; i < 300; ++i) values.target.values.push_back(random.Uniform());
  const SvmOptions options = {
      .kernel = {.gamma = 3}, .cost = 30, .epsilon = 0.01, .tolerance = 1e-4, .probability = true};
  for (const Samples* const samples : {&classes, &values}) {
    const auto rows = RowsOf(*samples);
    const auto folds = FoldsOf(samples->rows, {});
    const auto fit = [&](int threads, Watch* watch, std::string_view checkpoint) {
      Team team(threads);
      const auto machine = FitSupportVectors(
          *samples, *rows, options,
          {.team = &team, .folds = *folds, .watch = watch, .checkpoint = checkpoint});
      EXPECT_TRUE(machine.ok()) << machine.status();
      return machine.ok() ? *machine : SupportVectors{};
    };
    for (const int threads : {1, 2}) {
      testing::AllCheckpoints watch;
      const SupportVectors whole = fit(threads, &watch, "");
      ASSERT_GT(watch.checkpoints.size(), 3);
      for (size_t i = 0; i < watch.checkpoints.size(); i += 1 + watch.checkpoints.size() / 5) {
        const SupportVectors resumed = fit(3 - threads, nullptr, watch.checkpoints[i]);
        EXPECT_EQ(resumed.weights, whole.weights);
        EXPECT_EQ(resumed.vectors, whole.vectors);
        EXPECT_EQ(resumed.offsets, whole.offsets);
        EXPECT_EQ(resumed.iterations, whole.iterations);
        for (size_t p = 0; p < whole.sigmoids.size(); ++p)
          EXPECT_EQ(resumed.sigmoids[p].a, whole.sigmoids[p].a);
      }
    }
  }
}

TEST(SupportVectorsTest, ProbabilitiesAreFittedToRowsWhoseCopiesAreUnseen) {
  // Labels at random, each row four times: whoever has seen a copy is sure, and nobody else can be.
  Random random(3);
  std::vector<std::vector<double>> points;
  std::vector<int32_t> classes;
  data::Column group{.name = "row"};
  for (int row = 0; row < 60; ++row) {
    const std::vector<double> point = {random.Uniform(), random.Uniform()};
    const auto label = static_cast<int32_t>(random.Below(2));
    for (int copy = 0; copy < 4; ++copy) {
      points.push_back(point);
      classes.push_back(label);
      group.numbers.push_back(row);
    }
  }
  const Samples samples = Classes(points, classes);
  const SvmOptions options = {.kernel = {.gamma = 20}, .cost = 100, .probability = true};
  const auto slope = [&](const data::SplitOptions& splitting) {
    Team team(1);
    const auto rows = RowsOf(samples);
    const auto folds = FoldsOf(samples.rows, splitting);
    return FitSupportVectors(samples, *rows, options, {.team = &team, .folds = *folds})
        ->sigmoids[0]
        .a;
  };
  EXPECT_LT(slope({}), -2);
  EXPECT_GT(slope({.kind = data::SplitKind::kGrouped, .group = &group}), -0.8);
}

TEST(SupportVectorsTest, KnowOnlyClassesThatOccurWithWeight) {
  Samples samples = Classes({{0}, {1}, {2}, {3}, {4}}, {1, 1, 3, 3, 4}, 6);
  samples.weights = {1, 1, 1, 1, 0};
  const SupportVectors machine = MachineOf(samples, {});
  EXPECT_EQ(machine.classes, (std::vector<int32_t>{1, 3}));
  EXPECT_EQ(machine.offsets.size(), 1);
}

TEST(SupportVectorsTest, ValuesInsideTheTubeNeedNoVectors) {
  const SupportVectors machine = MachineOf(Values({{1}, {2}, {3}}, {5, 5.05, 5.1}), {});
  EXPECT_TRUE(machine.vectors.empty());
  EXPECT_NEAR(machine.offsets[0], 5.05, 0.1);
}

TEST(SigmoidTest, IsTheMostLikelyOne) {
  const std::vector<double> decisions = {-2, -1.5, -0.5, 0.25, -0.25, 0.5, 1, 3};
  const std::vector<int8_t> signs = {-1, -1, -1, -1, 1, 1, 1, 1};
  const Sigmoid sigmoid = FitSigmoid(decisions, signs);
  EXPECT_NEAR(sigmoid.a, -0.81788, 1e-3);
  EXPECT_NEAR(sigmoid.b, 0.00280, 1e-3);
  EXPECT_TRUE(std::isfinite(FitSigmoid(std::vector<double>(8, 1.0), signs).a));
}

std::string FitError(const std::map<std::string, std::string>& given, const Samples& samples) {
  Team team(1);
  const auto parameters = kSvm.Read(given);
  if (!parameters.ok()) return std::string(MessageOf(parameters.status()));
  const auto folds = FoldsOf(samples.rows, {});
  const auto fitted = kSvm.fit(samples, *parameters, {.team = &team, .folds = *folds});
  if (!fitted.ok()) return std::string(MessageOf(fitted.status()));
  importing::Graph graph;
  const importing::Matrix x =
      graph.Input("input", DType::kFp64, static_cast<int64_t>(samples.features.size()));
  const auto predictions = (*fitted)->Write(graph, x);
  if (!predictions.ok()) return std::string(MessageOf(predictions.status()));
  importing::WriteOutputs(graph, *predictions);
  return graph.Serialize().ok() ? "" : "no model";
}

TEST(SvmKindTest, RefusesWhatItCannotLearnFrom) {
  const Samples good = Classes({{0, 1}, {2, 3}}, {0, 1});
  EXPECT_EQ(FitError({}, good), "");
  EXPECT_EQ(FitError({{"gamma", "wide"}}, good),
            "parameter gamma: expected scale, auto or a number above 0 up to 1e+09, got \"wide\"");
  EXPECT_EQ(FitError({{"kernel", "poly"}, {"degree", "20"}}, Values({{1e30}, {2}}, {1, 2})),
            "row 1: its kernel with itself is no finite number; scale the features");
  Samples one = good;
  one.weights = {1, 0};
  EXPECT_EQ(FitError({}, one), "svm: expected rows with weight of 2 to 200 classes, got 1");
  Samples missing = good;
  missing.values[0] = INFINITY;
  EXPECT_EQ(FitError({}, missing),
            "feature \"x0\", row 1: expected a finite number that float32 holds, got inf");
}

TEST(SvmKindTest, TakesConstantColumnsDuplicatesAndAbsentClasses) {
  const Samples samples =
      Classes({{1, 0}, {1, 0}, {1, 1}, {1, 1}, {1, 0}, {1, 2}}, {0, 0, 2, 2, 2, 3}, 5);
  for (const char* kernel : {"linear", "rbf", "poly", "sigmoid"})
    EXPECT_EQ(FitError({{"kernel", kernel}, {"probability", "true"}}, samples), "");
  EXPECT_EQ(FitError({}, Values({{1}, {1}, {1}}, {1, 2, 3})), "");
}

}  // namespace
}  // namespace slipway::train
