#include "train/networks/network.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "base/random.h"
#include "import/sklearn/operators.h"
#include "train/networks/backpropagation.h"

namespace slipway::train {
namespace {

namespace writing = importing::sklearn;

std::vector<double> Widened(std::span<const float> values, double factor) {
  std::vector<double> wide(values.begin(), values.end());
  for (double& value : wide) value *= factor;
  return wide;
}

std::string_view OperatorOf(Activation activation) {
  switch (activation) {
    case Activation::kRelu:
      return "Relu";
    case Activation::kTanh:
      return "Tanh";
    case Activation::kLogistic:
      return "Sigmoid";
  }
  return "";
}

}  // namespace

size_t Network::WeightsAt(size_t layer) const {
  size_t at = 0;
  for (size_t l = 0; l < layer; ++l) at += (sizes[l] + 1) * sizes[l + 1];
  return at;
}

size_t Network::CountWeights() const {
  size_t count = 0;
  for (size_t l = 0; l < layers(); ++l) count += sizes[l] * sizes[l + 1];
  return count;
}

Network DrawNetwork(std::vector<size_t> sizes, Activation activation, Answer answer,
                    uint64_t seed) {
  Network network{.sizes = std::move(sizes), .activation = activation, .answer = answer};
  network.parameters.resize(network.WeightsAt(network.layers()));
  Random random(seed);
  const double factor = activation == Activation::kLogistic ? 2 : 6;
  for (size_t l = 0; l < network.layers(); ++l) {
    const double bound =
        std::sqrt(factor / static_cast<double>(network.sizes[l] + network.sizes[l + 1]));
    for (size_t at = network.WeightsAt(l); at < network.WeightsAt(l + 1); ++at)
      network.parameters[at] = static_cast<float>(bound * (2 * random.Uniform() - 1));
  }
  return network;
}

std::vector<float> Answers(const Network& network, std::span<const float> rows) {
  constexpr size_t kAtOnce = 256;
  const size_t count = rows.size() / network.inputs();
  std::vector<float> answers(count * network.outputs());
  Backpropagation pass(network, std::min(kAtOnce, count));
  for (size_t begin = 0; begin < count; begin += kAtOnce) {
    const size_t some = std::min(kAtOnce, count - begin);
    std::copy_n(&rows[begin * network.inputs()], some * network.inputs(), pass.inputs().data());
    const auto last = pass.Forward(network, some);
    std::copy(last.begin(), last.end(), answers.begin() + begin * network.outputs());
  }
  return answers;
}

importing::Predictions WriteNetwork(importing::Graph& graph, const Network& network,
                                    const importing::Matrix& features) {
  importing::Matrix x = features;
  const std::span<const float> all = network.parameters;
  for (size_t l = 0; l < network.layers(); ++l) {
    const bool is_last = l + 1 == network.layers();
    const double factor = is_last ? network.scale : 1;
    std::vector<double> offsets =
        Widened(all.subspan(network.OffsetsAt(l), network.sizes[l + 1]), factor);
    for (double& offset : offsets) offset += is_last ? network.shift : 0;
    x = writing::Affine(
        graph, x,
        Widened(all.subspan(network.WeightsAt(l), network.sizes[l] * network.sizes[l + 1]), factor),
        offsets);
    if (!is_last) x = writing::Map(graph, OperatorOf(network.activation), x);
  }
  importing::Predictions predictions;
  switch (network.answer) {
    case Answer::kValue:
      predictions.value = x;
      break;
    case Answer::kProbability: {
      const importing::Matrix second = writing::Map(graph, "Sigmoid", x);
      predictions.label = writing::IsAbove(graph, second, 0.5);
      predictions.proba = writing::WithComplement(graph, second);
      break;
    }
    case Answer::kProbabilities:
      predictions.proba = writing::Softmax(graph, x);
      predictions.label = writing::ArgMax(graph, *predictions.proba);
      break;
  }
  return predictions;
}

}  // namespace slipway::train
