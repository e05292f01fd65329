#include "train/networks/backpropagation.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace slipway::train {
namespace {

/// The slope of the loss, measured by moving one parameter.
double MeasuredSlope(Network network, size_t parameter, const std::vector<float>& rows,
                     const Wanted& wanted) {
  constexpr float kMove = 1e-2f;
  const float here = network.parameters[parameter];
  network.parameters[parameter] = here + kMove;
  const double above = LossOf(network, Answers(network, rows), wanted);
  network.parameters[parameter] = here - kMove;
  const double below = LossOf(network, Answers(network, rows), wanted);
  return (above - below) / (2 * static_cast<double>(kMove));
}

class BackpropagationTest : public ::testing::TestWithParam<std::tuple<Activation, Answer>> {};

TEST_P(BackpropagationTest, GivesTheSlopeOfTheLoss) {
  const auto [activation, answer] = GetParam();
  const size_t outputs = answer == Answer::kProbabilities ? 3 : 1;
  const Network network = DrawNetwork({2, 5, 4, outputs}, activation, answer, 3);
  Random random(1);
  std::vector<float> rows(2 * 7), weights(7), values(7);
  for (float& value : rows) value = static_cast<float>(4 * random.Uniform() - 2);
  for (float& value : weights) value = static_cast<float>(random.Uniform());
  for (float& value : values) value = static_cast<float>(random.Uniform());
  const std::vector<int32_t> classes = outputs == 3 ? std::vector<int32_t>{0, 1, 2, 0, 1, 2, 0}
                                                    : std::vector<int32_t>{0, 1, 1, 0, 1, 0, 0};
  Wanted wanted{.weights = weights};
  if (answer == Answer::kValue)
    wanted.values = values;
  else
    wanted.classes = classes;

  Backpropagation pass(network, 7);
  std::copy(rows.begin(), rows.end(), pass.inputs().begin());
  pass.Forward(network, 7);
  std::vector<float> gradient(network.parameters.size());
  const double loss = pass.Back(network, 7, wanted, gradient);
  EXPECT_NEAR(loss, LossOf(network, Answers(network, rows), wanted), 1e-5);
  for (size_t p = 0; p < gradient.size(); ++p)
    EXPECT_NEAR(gradient[p], MeasuredSlope(network, p, rows, wanted), 2e-3) << p;
}

INSTANTIATE_TEST_SUITE_P(All, BackpropagationTest,
                         ::testing::Combine(::testing::Values(Activation::kTanh,
                                                              Activation::kLogistic),
                                            ::testing::Values(Answer::kValue, Answer::kProbability,
                                                              Answer::kProbabilities)));

TEST(NetworkTest, ParametersLieLayerByLayer) {
  const Network network = DrawNetwork({2, 3, 1}, Activation::kRelu, Answer::kValue, 1);
  EXPECT_EQ(network.WeightsAt(0), 0);
  EXPECT_EQ(network.OffsetsAt(0), 6);
  EXPECT_EQ(network.WeightsAt(1), 9);
  EXPECT_EQ(network.OffsetsAt(1), 12);
  EXPECT_EQ(network.parameters.size(), 13);
  EXPECT_EQ(network.CountWeights(), 9);
}

TEST(NetworkTest, AnswersManyRowsAsEachAlone) {
  const Network network = DrawNetwork({3, 4, 2}, Activation::kRelu, Answer::kProbabilities, 1);
  std::vector<float> rows(3 * 300);
  for (size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<float>(i % 17) - 8;
  const std::vector<float> answers = Answers(network, rows);
  for (const size_t row : {0, 255, 256, 299}) {
    const std::vector<float> alone = Answers(network, std::span(rows).subspan(row * 3, 3));
    EXPECT_FLOAT_EQ(answers[row * 2], alone[0]);
    EXPECT_FLOAT_EQ(alone[0] + alone[1], 1);
  }
}

}  // namespace
}  // namespace slipway::train
