#include "optimise/prune/perceptron.h"

#include <algorithm>

#include "onnx/tensor_proto.h"

namespace slipway::optimise {
namespace {

using train::Activation;
using train::Answer;

std::optional<Activation> ActivationOf(const NodeProto& node) {
  if (Is(node, "Relu")) return Activation::kRelu;
  if (Is(node, "Tanh")) return Activation::kTanh;
  if (Is(node, "Sigmoid")) return Activation::kLogistic;
  return std::nullopt;
}

class Finder {
 public:
  explicit Finder(GraphProto& graph) : graph_(graph), links_(graph), constants_(graph) {}

  /// The chain that begins with the MatMul at `place`.
  std::optional<Perceptron> ChainFrom(int place) const {
    Perceptron found;
    found.features = graph_.node(place).input(0);
    for (int at = place;;) {
      const std::optional<Perceptron::Layer> layer = LayerAt(at);
      if (!layer || !Append(*layer, found)) return std::nullopt;
      const std::string& value = graph_.node(layer->sum).output(0);
      const int next = links_.OnlyReaderOf(value);
      const int product = next == Links::kNone ? Links::kNone : ProductBehind(next);
      if (product == Links::kNone) return Finish(value, std::move(found));
      const Activation activation = *ActivationOf(graph_.node(next));
      if (found.layers.size() > 1 && activation != found.network.activation) return std::nullopt;
      found.network.activation = activation;
      at = product;
    }
  }

  /// The MatMul with constants that alone reads what the activation at `place` makes.
  int ProductBehind(int place) const {
    if (!ActivationOf(graph_.node(place)) || graph_.node(place).output_size() != 1)
      return Links::kNone;
    const int reader = links_.OnlyReaderOf(graph_.node(place).output(0));
    return reader != Links::kNone && LayerAt(reader) ? reader : Links::kNone;
  }

  std::optional<Perceptron::Layer> LayerAt(int place) const {
    const NodeProto& product = graph_.node(place);
    if (!Is(product, "MatMul") || product.output_size() != 1 ||
        Doubles(InputOf(product, 1), 2).empty() || constants_.Find(InputOf(product, 0)) != nullptr)
      return std::nullopt;
    const int sum = links_.OnlyReaderOf(product.output(0));
    if (sum == Links::kNone || !Is(graph_.node(sum), "Add") ||
        graph_.node(sum).output_size() != 1 || InputOf(graph_.node(sum), 0) != product.output(0) ||
        Doubles(InputOf(graph_.node(sum), 1), 1).empty())
      return std::nullopt;
    return Perceptron::Layer{place, sum};
  }

 private:
  /// The values of an FP64 constant of that rank; empty when it is none.
  std::vector<double> Doubles(std::string_view value, int rank) const {
    const TensorProto* const proto = constants_.Find(value);
    if (proto == nullptr || proto->data_type() != TensorProto::DOUBLE || proto->dims_size() != rank)
      return {};
    const auto tensor = onnx::ToTensor(*proto);
    if (!tensor.ok()) return {};
    return {tensor->as<double>().begin(), tensor->as<double>().end()};
  }

  bool Append(const Perceptron::Layer& layer, Perceptron& found) const {
    const std::string& name = graph_.node(layer.product).input(1);
    const TensorProto& weights = *constants_.Find(name);
    const auto inputs = static_cast<size_t>(weights.dims(0)),
               outputs = static_cast<size_t>(weights.dims(1));
    std::vector<size_t>& sizes = found.network.sizes;
    if (sizes.empty()) sizes.push_back(inputs);
    const std::vector<double> offsets = Doubles(graph_.node(layer.sum).input(1), 1);
    if (sizes.back() != inputs || offsets.size() != outputs) return false;
    sizes.push_back(outputs);
    for (const double weight : Doubles(name, 2))
      found.network.parameters.push_back(static_cast<float>(weight));
    for (const double offset : offsets)
      found.network.parameters.push_back(static_cast<float>(offset));
    found.layers.push_back(layer);
    return true;
  }

  /// What the graph makes of the last sums tells what they are: its answers, or Softmax or Sigmoid
  /// of them is. Sums of which it makes something else cannot be learned by right answers.
  std::optional<Perceptron> Finish(const std::string& value, Perceptron found) const {
    if (found.layers.size() < 2) return std::nullopt;
    const std::optional<Answer> answer = AnswerOf(value);
    const bool one = found.network.outputs() == 1;
    if (!answer || one == (*answer == Answer::kProbabilities)) return std::nullopt;
    found.network.answer = *answer;
    return found;
  }

  std::optional<Answer> AnswerOf(const std::string& value) const {
    for (const int reader : links_.ReadersOf(value)) {
      const NodeProto& node = graph_.node(reader);
      if (Is(node, "Softmax") && IsAnswer(node.output(0))) return Answer::kProbabilities;
      if (Is(node, "Sigmoid") && IsAnswer(node.output(0))) return Answer::kProbability;
    }
    const bool is_read_otherwise =
        std::ranges::any_of(links_.ReadersOf(value), [&](int reader) { return !Keeps(reader); });
    return is_read_otherwise || !IsAnswer(value) ? std::nullopt : std::optional(Answer::kValue);
  }

  /// Whether the node's output has the numbers of its first input, in another shape or precision.
  bool Keeps(int place) const {
    constexpr std::string_view kOperators[] = {"Identity", "Reshape",   "Flatten",
                                               "Squeeze",  "Unsqueeze", "Cast"};
    const NodeProto& node = graph_.node(place);
    if (Is(node, "Cast")) {
      const int64_t to = IntOf(node, "to", 0);
      return to == TensorProto::FLOAT || to == TensorProto::DOUBLE;
    }
    return std::ranges::any_of(kOperators, [&](std::string_view op) { return Is(node, op); });
  }

  /// Whether the node makes [1 - p, p] of `p`, its second input.
  bool AddsComplement(int place, const std::string& p) const {
    const NodeProto& node = graph_.node(place);
    if (!Is(node, "Concat") || node.input_size() != 2 || node.input(1) != p) return false;
    const int maker = links_.MakerOf(node.input(0));
    return maker != Links::kNone && Is(graph_.node(maker), "Sub") &&
           InputOf(graph_.node(maker), 1) == p;
  }

  /// Whether a graph output has these numbers, each beside its complement or alone.
  bool IsAnswer(const std::string& from) const {
    for (std::vector<std::string> values = {from}; !values.empty();) {
      const std::string value = std::move(values.back());
      values.pop_back();
      const auto is_value = [&](const auto& output) { return output.name() == value; };
      if (std::ranges::any_of(graph_.output(), is_value)) return true;
      for (const int reader : links_.ReadersOf(value))
        if ((Keeps(reader) && graph_.node(reader).input(0) == value) ||
            AddsComplement(reader, value))
          values.push_back(graph_.node(reader).output(0));
    }
    return false;
  }

  const GraphProto& graph_;
  const Links links_;
  const Constants constants_;
};

}  // namespace

std::optional<Perceptron> FindPerceptron(GraphProto& graph) {
  const Finder finder(graph);
  std::vector<bool> inside(static_cast<size_t>(graph.node_size()));
  for (int i = 0; i < graph.node_size(); ++i)
    if (const int product = finder.ProductBehind(i); product != Links::kNone)
      inside[static_cast<size_t>(product)] = true;
  std::optional<Perceptron> only;
  for (int i = 0; i < graph.node_size(); ++i) {
    if (inside[static_cast<size_t>(i)] || !finder.LayerAt(i)) continue;
    std::optional<Perceptron> found = finder.ChainFrom(i);
    if (!found) continue;
    if (only) return std::nullopt;
    only = std::move(found);
  }
  return only;
}

void WritePerceptron(const Perceptron& perceptron, GraphProto& graph) {
  const train::Network& network = perceptron.network;
  Constants constants(graph);
  for (size_t l = 0; l < network.layers(); ++l) {
    const bool is_last = l + 1 == network.layers();
    const double factor = is_last ? network.scale : 1, shift = is_last ? network.shift : 0;
    std::vector<double> weights, offsets;
    for (size_t i = network.WeightsAt(l); i < network.OffsetsAt(l); ++i)
      weights.push_back(network.parameters[i] * factor);
    for (size_t i = network.OffsetsAt(l); i < network.WeightsAt(l + 1); ++i)
      offsets.push_back(network.parameters[i] * factor + shift);
    const auto inputs = static_cast<int64_t>(network.sizes[l]),
               outputs = static_cast<int64_t>(network.sizes[l + 1]);
    NodeProto& product = *graph.mutable_node(perceptron.layers[l].product);
    NodeProto& sum = *graph.mutable_node(perceptron.layers[l].sum);
    product.set_input(1, constants.Add(product.input(1), {inputs, outputs}, weights));
    sum.set_input(1, constants.Add(sum.input(1), {outputs}, offsets));
  }
  graph.clear_value_info();  // layers may have other sizes
}

}  // namespace slipway::optimise
