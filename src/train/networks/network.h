#pragma once
// Multi-layer perceptrons.

#include <cstdint>
#include <span>
#include <vector>

#include "import/graph.h"
#include "import/predictions.h"

namespace slipway::train {

/// Of the hidden layers.
enum class Activation : uint8_t { kRelu, kTanh, kLogistic };

/// What the last layer is made into.
enum class Answer : uint8_t {
  kValue,          // scale · last + shift: regression
  kProbability,    // its logistic: two classes, one output, which is the second class's
  kProbabilities,  // its softmax: one output a class
};

/// Layers one after the other, each fully connected to the next.
struct Network {
  std::vector<size_t> sizes;  // of the layers, the inputs first: at least two, none 0
  Activation activation = Activation::kRelu;
  Answer answer = Answer::kValue;
  double scale = 1, shift = 0;
  /// Layer by layer: weights [inputs, outputs], then offsets [outputs].
  std::vector<float> parameters;

  size_t layers() const { return sizes.size() - 1; }
  size_t inputs() const { return sizes.front(); }
  size_t outputs() const { return sizes.back(); }
  /// Where the weights of a layer begin in `parameters`; of `layers()`, where the last one ends.
  size_t WeightsAt(size_t layer) const;
  size_t OffsetsAt(size_t layer) const {
    return WeightsAt(layer) + sizes[layer] * sizes[layer + 1];
  }
  /// How many numbers of `parameters` are weights.
  size_t CountWeights() const;
};

/// A network whose parameters are drawn uniformly. Source: Glorot, Bengio, "Understanding the
/// difficulty of training deep feedforward neural networks" (2010).
Network DrawNetwork(std::vector<size_t> sizes, Activation activation, Answer answer, uint64_t seed);

/// Answers to rows [count, inputs] before `scale` and `shift`: [count, outputs].
std::vector<float> Answers(const Network& network, std::span<const float> rows);

/// Layers in FP32, as they were trained; answers, with scale and shift, in FP64.
/// @param features  [n, inputs] FP64
importing::Predictions WriteNetwork(importing::Graph& graph, const Network& network,
                                    const importing::Matrix& features);

}  // namespace slipway::train
