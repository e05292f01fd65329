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

std::vector<double> Widened(std::span<const float> values) {
  return {values.begin(), values.end()};
}

/// What layer `l` sums up, in FP32. Sums of rows that are mostly zeros stay FP64: engines leave the
/// zeros out of these alone.
importing::Matrix Sums(importing::Graph& graph, const Network& network, size_t l,
                       const importing::Matrix& x) {
  const size_t inputs = network.sizes[l], outputs = network.sizes[l + 1];
  const std::span<const float> all = network.parameters;
  const auto weights = all.subspan(network.WeightsAt(l), inputs * outputs);
  const auto offsets = all.subspan(network.OffsetsAt(l), outputs);
  if (x.sparse) return writing::Affine(graph, x, Widened(weights), Widened(offsets));
  const auto width = static_cast<int64_t>(outputs);
  const std::string factors = graph.Constant<float>({x.columns, width}, weights);
  const std::string added = graph.Constant<float>({width}, offsets);
  const importing::Matrix rows = graph.CastTo(x, DType::kFp32);
  return {graph.Add("Gemm", {rows.value, factors, added}), DType::kFp32, width};
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
  for (size_t l = 0; l < network.layers(); ++l) {
    x = Sums(graph, network, l, x);
    if (l + 1 < network.layers()) x = writing::Map(graph, OperatorOf(network.activation), x);
  }
  x = graph.CastTo(x, DType::kFp64);
  importing::Predictions predictions;
  switch (network.answer) {
    case Answer::kValue:
      x = writing::MapWith(graph, "Mul", x, {network.scale});
      predictions.value = writing::MapWith(graph, "Add", x, {network.shift});
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
