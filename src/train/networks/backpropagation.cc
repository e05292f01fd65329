#include "train/networks/backpropagation.h"

#include <algorithm>
#include <cmath>

#include "base/clones.h"
#include "train/algebra/functions.h"
#include "train/algebra/products.h"

namespace slipway::train {
namespace {

// A probability of 0 would cost infinitely much.
constexpr float kLeastProbability = 1e-7f;

SLIPWAY_CLONES void Rectify(float* x, size_t count) {
  for (size_t i = 0; i < count; ++i) x[i] = x[i] > 0 ? x[i] : 0.0f;
}

void Activate(Activation activation, float* x, size_t count) {
  switch (activation) {
    case Activation::kRelu:
      return Rectify(x, count);
    case Activation::kTanh:
      return HyperbolicTangents(x, count);
    case Activation::kLogistic:
      return Logistics(x, count);
  }
}

void Softmax(float* x, size_t rows, size_t width) {
  for (size_t i = 0; i < rows; ++i) {
    float* const row = x + i * width;
    const float most = *std::max_element(row, row + width);
    for (size_t j = 0; j < width; ++j) row[j] -= most;
  }
  Exponentials(x, rows * width);
  for (size_t i = 0; i < rows; ++i) {
    float* const row = x + i * width;
    float sum = 0;
    for (size_t j = 0; j < width; ++j) sum += row[j];
    for (size_t j = 0; j < width; ++j) row[j] /= sum;
  }
}

SLIPWAY_CLONES void TimesSlopeOfRelu(const float* y, float* slope, size_t count) {
  for (size_t i = 0; i < count; ++i) slope[i] = y[i] > 0 ? slope[i] : 0.0f;
}
SLIPWAY_CLONES void TimesSlopeOfTanh(const float* y, float* slope, size_t count) {
  for (size_t i = 0; i < count; ++i) slope[i] *= 1.0f - y[i] * y[i];
}
SLIPWAY_CLONES void TimesSlopeOfLogistic(const float* y, float* slope, size_t count) {
  for (size_t i = 0; i < count; ++i) slope[i] *= y[i] * (1.0f - y[i]);
}

/// @param y  what the layer answered.
void TimesSlope(Activation activation, const float* y, float* slope, size_t count) {
  switch (activation) {
    case Activation::kRelu:
      return TimesSlopeOfRelu(y, slope, count);
    case Activation::kTanh:
      return TimesSlopeOfTanh(y, slope, count);
    case Activation::kLogistic:
      return TimesSlopeOfLogistic(y, slope, count);
  }
}

SLIPWAY_CLONES void AddRows(const float* x, size_t rows, size_t width, float* sum) {
  for (size_t i = 0; i < rows; ++i)
    for (size_t j = 0; j < width; ++j) sum[j] += x[i * width + j];
}

float WeightOf(const Wanted& wanted, size_t row) {
  return wanted.weights.empty() ? 1.0f : wanted.weights[row];
}

/// How much more than wanted each output answers, times the row's weight: the slope of all three
/// losses by what the last layer sums up.
void Excess(const Network& network, std::span<const float> answers, const Wanted& wanted,
            float* excess) {
  const size_t width = network.outputs();
  for (size_t i = 0; i < answers.size() / width; ++i) {
    const float* const row = &answers[i * width];
    const float weight = WeightOf(wanted, i);
    for (size_t j = 0; j < width; ++j) {
      float target = 0;
      switch (network.answer) {
        case Answer::kValue:
          target = wanted.values[i];
          break;
        case Answer::kProbability:
          target = static_cast<float>(wanted.classes[i]);
          break;
        case Answer::kProbabilities:
          target = wanted.classes[i] == static_cast<int32_t>(j);
          break;
      }
      excess[i * width + j] = (row[j] - target) * weight;
    }
  }
}

}  // namespace

Backpropagation::Backpropagation(const Network& network, size_t rows) {
  for (const size_t size : network.sizes) layers_.emplace_back(rows * size);
  const size_t widest = *std::max_element(network.sizes.begin() + 1, network.sizes.end());
  above_.resize(rows * widest);
  below_.resize(rows * widest);
}

std::span<const float> Backpropagation::Forward(const Network& network, size_t rows) {
  for (size_t l = 0; l < network.layers(); ++l) {
    const size_t inputs = network.sizes[l], outputs = network.sizes[l + 1];
    float* const y = layers_[l + 1].data();
    const float* const offsets = &network.parameters[network.OffsetsAt(l)];
    for (size_t i = 0; i < rows; ++i) std::copy_n(offsets, outputs, y + i * outputs);
    Multiply(rows, outputs, inputs, {layers_[l].data(), inputs},
             {&network.parameters[network.WeightsAt(l)], outputs}, y, outputs, true);
    if (l + 1 < network.layers()) Activate(network.activation, y, rows * outputs);
  }
  float* const last = layers_.back().data();
  if (network.answer == Answer::kProbability) Logistics(last, rows);
  if (network.answer == Answer::kProbabilities) Softmax(last, rows, network.outputs());
  return std::span(layers_.back()).first(rows * network.outputs());
}

double Backpropagation::Back(const Network& network, size_t rows, const Wanted& wanted,
                             std::span<float> gradient) {
  const auto answers = std::span<const float>(layers_.back()).first(rows * network.outputs());
  Excess(network, answers, wanted, above_.data());
  for (size_t l = network.layers(); l-- > 0;) {
    const size_t inputs = network.sizes[l], outputs = network.sizes[l + 1];
    Multiply(inputs, outputs, rows, {layers_[l].data(), inputs, true}, {above_.data(), outputs},
             &gradient[network.WeightsAt(l)], outputs, true);
    AddRows(above_.data(), rows, outputs, &gradient[network.OffsetsAt(l)]);
    if (l == 0) break;
    Multiply(rows, inputs, outputs, {above_.data(), outputs},
             {&network.parameters[network.WeightsAt(l)], outputs, true}, below_.data(), inputs);
    TimesSlope(network.activation, layers_[l].data(), below_.data(), rows * inputs);
    std::swap(above_, below_);
  }
  return LossOf(network, answers, wanted);
}

double LossOf(const Network& network, std::span<const float> answers, const Wanted& wanted) {
  const size_t width = network.outputs();
  double loss = 0;
  for (size_t i = 0; i < answers.size() / width; ++i) {
    double own = 0;
    if (network.answer == Answer::kValue) {
      const double error = answers[i] - wanted.values[i];
      own = error * error / 2;
    } else {
      const int32_t wanted_class = wanted.classes[i];
      const float p = network.answer == Answer::kProbabilities ? answers[i * width + wanted_class]
                      : wanted_class == 1                      ? answers[i]
                                                               : 1 - answers[i];
      own = -std::log(std::max(p, kLeastProbability));
    }
    loss += own * WeightOf(wanted, i);
  }
  return loss;
}

}  // namespace slipway::train
