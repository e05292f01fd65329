#include "optimise/prune/perceptron.h"

#include <algorithm>

#include "onnx/tensor_proto.h"
#include "optimise/linear_node.h"

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

/// A layer as a network has it.
struct Parameters {
  int32_t type = 0;
  size_t inputs = 0, outputs = 0;
  std::vector<float> values;  // [inputs, outputs], then offsets [outputs]
};

class Finder {
 public:
  explicit Finder(GraphProto& graph) : graph_(graph), links_(graph), constants_(graph) {}

  /// The chain that begins with the product at `place`.
  std::optional<Perceptron> ChainFrom(int place) const {
    Perceptron found;
    found.features = graph_.node(place).input(0);
    for (int at = place;;) {
      const std::optional<Perceptron::Layer> layer = LayerAt(at);
      if (!layer || !Append(*layer, found)) return std::nullopt;
      const std::string value = BehindCasts(SumsOf(*layer));
      const int next = links_.OnlyReaderOf(value);
      const int product = next == Links::kNone ? Links::kNone : ProductBehind(next);
      if (product == Links::kNone) return Finish(value, std::move(found));
      const Activation activation = *ActivationOf(graph_.node(next));
      if (found.layers.size() > 1 && activation != found.network.activation) return std::nullopt;
      found.network.activation = activation;
      at = product;
    }
  }

  /// The product with constants that alone reads what the activation at `place` makes.
  int ProductBehind(int place) const {
    if (!ActivationOf(graph_.node(place)) || graph_.node(place).output_size() != 1)
      return Links::kNone;
    const int reader = links_.OnlyReaderOf(BehindCasts(graph_.node(place).output(0)));
    return reader != Links::kNone && LayerAt(reader) ? reader : Links::kNone;
  }

  std::optional<Perceptron::Layer> LayerAt(int place) const {
    const NodeProto& product = graph_.node(place);
    if (product.output_size() != 1 || constants_.Find(InputOf(product, 0)) != nullptr)
      return std::nullopt;
    if (Is(product, "Gemm") && ReadLinear(product, constants_)) return Perceptron::Layer{place};
    if (!Is(product, "MatMul") || Numbers(InputOf(product, 1), 2).empty()) return std::nullopt;
    const int sum = links_.OnlyReaderOf(product.output(0));
    if (sum == Links::kNone || !Is(graph_.node(sum), "Add") ||
        graph_.node(sum).output_size() != 1 || InputOf(graph_.node(sum), 0) != product.output(0) ||
        Numbers(InputOf(graph_.node(sum), 1), 1).empty())
      return std::nullopt;
    return Perceptron::Layer{place, sum};
  }

 private:
  /// The values of an FP32 or FP64 constant of that rank; empty when it is none.
  std::vector<double> Numbers(std::string_view value, int rank) const {
    const TensorProto* const proto = constants_.Find(value);
    if (proto == nullptr || proto->dims_size() != rank) return {};
    const auto tensor = onnx::ToTensor(*proto);
    if (!tensor.ok()) return {};
    if (tensor->dtype == DType::kFp32)
      return {tensor->as<float>().begin(), tensor->as<float>().end()};
    if (tensor->dtype != DType::kFp64) return {};
    return {tensor->as<double>().begin(), tensor->as<double>().end()};
  }

  const std::string& SumsOf(const Perceptron::Layer& layer) const {
    return graph_.node(layer.sum == Links::kNone ? layer.product : layer.sum).output(0);
  }

  /// The value, or what casts between FP32 and FP64 that alone read it make of it.
  std::string BehindCasts(std::string value) const {
    for (;;) {
      const int reader = links_.OnlyReaderOf(value);
      if (reader == Links::kNone || !Is(graph_.node(reader), "Cast")) return value;
      const int64_t to = IntOf(graph_.node(reader), "to", 0);
      if (to != TensorProto::FLOAT && to != TensorProto::DOUBLE) return value;
      value = graph_.node(reader).output(0);
    }
  }

  Parameters ParametersOf(const Perceptron::Layer& layer) const {
    const NodeProto& product = graph_.node(layer.product);
    const TensorProto& weights = *constants_.Find(product.input(1));
    Parameters parameters{.type = weights.data_type()};
    if (layer.sum == Links::kNone) {
      const LinearNode linear = *ReadLinear(product, constants_);
      parameters.inputs = linear.weights_per_output();
      parameters.outputs = linear.outputs();
      for (size_t i = 0; i < parameters.inputs; ++i)
        for (size_t o = 0; o < parameters.outputs; ++o)
          parameters.values.push_back(linear.at(o, i));
      parameters.values.insert(parameters.values.end(), linear.bias.begin(), linear.bias.end());
      return parameters;
    }
    parameters.inputs = static_cast<size_t>(weights.dims(0));
    parameters.outputs = static_cast<size_t>(weights.dims(1));
    for (const auto& part :
         {Numbers(product.input(1), 2), Numbers(graph_.node(layer.sum).input(1), 1)})
      for (const double value : part) parameters.values.push_back(static_cast<float>(value));
    return parameters;
  }

  bool Append(const Perceptron::Layer& layer, Perceptron& found) const {
    const Parameters parameters = ParametersOf(layer);
    std::vector<size_t>& sizes = found.network.sizes;
    if (sizes.empty()) {
      sizes.push_back(parameters.inputs);
      found.type = parameters.type;
    }
    if (sizes.back() != parameters.inputs ||
        parameters.values.size() != (parameters.inputs + 1) * parameters.outputs)
      return false;
    sizes.push_back(parameters.outputs);
    std::vector<float>& all = found.network.parameters;
    all.insert(all.end(), parameters.values.begin(), parameters.values.end());
    found.layers.push_back(layer);
    return true;
  }

  /// What the graph makes of the last sums tells what they are: its answers, or Softmax or Sigmoid
  /// of them is. Sums of which it makes something else cannot be learned by right answers.
  std::optional<Perceptron> Finish(const std::string& value, Perceptron found) const {
    if (found.layers.size() < 2) return std::nullopt;
    const std::optional<Answer> answer = AnswerOf(FindUnits(value, found));
    const bool one = found.network.outputs() == 1;
    if (!answer || one == (*answer == Answer::kProbabilities)) return std::nullopt;
    if (found.has_units && *answer != Answer::kValue) return std::nullopt;
    found.network.answer = *answer;
    return found;
  }

  /// Takes value · scale + shift, as a training writes it, for the units of the answers.
  /// @return what is behind it; `value` where there is no such thing.
  std::string FindUnits(const std::string& value, Perceptron& found) const {
    const std::optional<double> scale = FactorBehind(value, "Mul");
    if (!scale || *scale == 0) return value;
    const std::string& scaled = graph_.node(links_.OnlyReaderOf(value)).output(0);
    const std::optional<double> shift = FactorBehind(scaled, "Add");
    if (!shift) return value;
    found.network.scale = *scale;
    found.network.shift = *shift;
    found.has_units = true;
    return graph_.node(links_.OnlyReaderOf(scaled)).output(0);
  }

  /// The only number of the constant that the only reader, an `op_type`, has beside `value`.
  std::optional<double> FactorBehind(const std::string& value, std::string_view op_type) const {
    const int reader = links_.OnlyReaderOf(value);
    if (reader == Links::kNone || !Is(graph_.node(reader), op_type) ||
        graph_.node(reader).output_size() != 1 || InputOf(graph_.node(reader), 0) != value)
      return std::nullopt;
    const std::vector<double> numbers = Numbers(InputOf(graph_.node(reader), 1), 1);
    return numbers.size() == 1 ? std::optional(numbers.front()) : std::nullopt;
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

/// Gives the nodes of a layer these constants, of the type of those that they have.
class LayerWriter {
 public:
  explicit LayerWriter(GraphProto& graph) : graph_(graph), constants_(graph) {}

  /// @param values  [inputs, outputs], then offsets [outputs].
  void Write(const Perceptron::Layer& layer, size_t inputs, size_t outputs,
             const std::vector<double>& values) {
    NodeProto& product = *graph_.mutable_node(layer.product);
    if (layer.sum == Links::kNone) return WriteGemm(product, inputs, outputs, values);
    const auto middle = values.begin() + static_cast<ptrdiff_t>(inputs * outputs);
    Replace(product, {static_cast<int64_t>(inputs), static_cast<int64_t>(outputs)},
            {values.begin(), middle});
    Replace(*graph_.mutable_node(layer.sum), {static_cast<int64_t>(outputs)},
            {middle, values.end()});
  }

 private:
  void WriteGemm(NodeProto& node, size_t inputs, size_t outputs,
                 const std::vector<double>& values) {
    LinearNode linear = *ReadLinear(node, constants_);
    const auto rows = static_cast<int64_t>(inputs), columns = static_cast<int64_t>(outputs);
    linear.dims = linear.output_is_last ? Shape{rows, columns} : Shape{columns, rows};
    linear.weights.resize(inputs * outputs);
    linear.bias.resize(outputs);
    for (size_t o = 0; o < outputs; ++o) {
      for (size_t i = 0; i < inputs; ++i)
        linear.at(o, i) = static_cast<float>(values[i * outputs + o]);
      linear.bias[o] = static_cast<float>(values[inputs * outputs + o]);
    }
    WriteLinear(linear, node, constants_);
  }

  void Replace(NodeProto& node, const Shape& dims, const std::vector<double>& values) {
    const std::string& name = node.input(1);
    if (constants_.Find(name)->data_type() == TensorProto::DOUBLE)
      node.set_input(1, constants_.Add(name, dims, values));
    else
      node.set_input(1,
                     constants_.Add(name, dims, std::vector<float>(values.begin(), values.end())));
  }

  GraphProto& graph_;
  Constants constants_;
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
  LayerWriter writer(graph);
  for (size_t l = 0; l < network.layers(); ++l) {
    const bool takes_units = l + 1 == network.layers() && !perceptron.has_units;
    const double factor = takes_units ? network.scale : 1, shift = takes_units ? network.shift : 0;
    std::vector<double> values;
    for (size_t i = network.WeightsAt(l); i < network.WeightsAt(l + 1); ++i)
      values.push_back(network.parameters[i] * factor + (i < network.OffsetsAt(l) ? 0 : shift));
    writer.Write(perceptron.layers[l], network.sizes[l], network.sizes[l + 1], values);
  }
  graph.clear_value_info();  // layers may have other sizes
}

}  // namespace slipway::optimise
