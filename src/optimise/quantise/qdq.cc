#include "optimise/quantise/qdq.h"

#include <algorithm>
#include <cmath>

#include "optimise/linear_node.h"

namespace slipway::optimise {
namespace {

constexpr float kLeastScale = 1e-12F;  // products of two are normal numbers still
constexpr double kMaxBias = 1 << 30;   // leaves room for the sum of products

/// Names of the constants that say how a value is rounded.
struct Rounding {
  std::string scale_name, zero_point_name;
  float scale = 1;
};

class Writer {
 public:
  Writer(GraphProto& graph, const StringMap<Range>& ranges, const QdqOptions& options)
      : graph_(graph), constants_(graph), ranges_(ranges), options_(options) {}

  Status Run(const QdqPlan& plan) {
    for (const QdqNode& node : plan.nodes) RETURN_IF_ERROR(Write(node));
    std::vector<bool> drop(static_cast<size_t>(graph_.node_size()));
    for (const int place : plan.folded) drop[static_cast<size_t>(place)] = true;
    DropNodes(graph_, drop);
    return SortNodes(graph_);
  }

 private:
  Status Write(const QdqNode& planned) {
    NodeProto node = graph_.node(planned.place);
    const std::string first_input = node.input(planned.inputs.front());
    for (const int input : planned.inputs) node.set_input(input, Rounded(node.input(input)));
    const Rounding activation = roundings_.at(first_input);
    if (const std::optional<LinearNode> linear = ReadLinear(node, constants_))
      RoundWeights(*linear, activation, node);
    if (planned.rounds_output) {
      roundings_[planned.output] = planned.keeps_values ? activation : RoundingOf(planned.output);
      const std::string raw = constants_.NewName(planned.output + "_raw");
      node.set_output(0, raw);
      AddPair(raw, planned.output, roundings_[planned.output]);
    }
    graph_.mutable_node(planned.place)->Swap(&node);
    return OkStatus();
  }

  /// The name of `value` after rounding. What a planned node made has been rounded under its name.
  std::string Rounded(const std::string& value) {
    if (roundings_.contains(value)) {
      const auto copy = copies_.find(value);
      return copy == copies_.end() ? value : copy->second;
    }
    roundings_[value] = RoundingOf(value);
    const std::string copy = constants_.NewName(value + "_rounded");
    AddPair(value, copy, roundings_[value]);
    return copies_[value] = copy;
  }

  Rounding RoundingOf(const std::string& value) {
    const Range range = ranges_.at(value);
    Rounding rounding;
    const double width = double{range.high} - double{range.low};
    rounding.scale = std::max(static_cast<float>(width / 255), kLeastScale);
    const float zero = std::clamp(std::nearbyint(-range.low / rounding.scale), 0.0F, 255.0F);
    rounding.scale_name = constants_.Add<float>(value + "_scale", {}, {rounding.scale});
    rounding.zero_point_name =
        constants_.Add<uint8_t>(value + "_zero_point", {}, {static_cast<uint8_t>(zero)});
    return rounding;
  }

  /// from → QuantizeLinear → DequantizeLinear → to
  void AddPair(const std::string& from, const std::string& to, const Rounding& rounding) {
    const std::string integers = constants_.NewName(to + "_quantized");
    AddNode("QuantizeLinear", {from, rounding.scale_name, rounding.zero_point_name}, integers);
    AddNode("DequantizeLinear", {integers, rounding.scale_name, rounding.zero_point_name}, to);
  }

  NodeProto& AddNode(const char* op_type, std::initializer_list<std::string> inputs,
                     const std::string& output) {
    NodeProto& node = *graph_.add_node();
    node.set_op_type(op_type);
    node.set_name(output);
    for (const std::string& input : inputs) node.add_input(input);
    node.add_output(output);
    return node;
  }

  void RoundWeights(const LinearNode& linear, const Rounding& activation, NodeProto& node) {
    const std::vector<float> scales = WeightScales(linear, activation.scale);
    const float largest = options_.weight_bits == 7 ? 63 : 127;
    std::vector<int8_t> weights(linear.weights.size());
    for (size_t i = 0; i < weights.size(); ++i) {
      const size_t output =
          linear.output_is_last ? i % linear.outputs() : i / linear.weights_per_output();
      const float steps = std::nearbyint(linear.weights[i] / scales[output]);
      weights[i] = static_cast<int8_t>(std::clamp(steps, -largest, largest));
    }
    const std::string name = node.input(1);
    node.set_input(1, AddConstant(name, linear.dims, weights, scales, linear.output_is_last));
    if (linear.has_bias) RoundBias(linear, activation.scale, scales, node);
  }

  /// One for each output; all the same unless per channel. A scale is at least what lets the bias
  /// be said in steps of it.
  std::vector<float> WeightScales(const LinearNode& linear, float activation_scale) const {
    const float largest = options_.weight_bits == 7 ? 63 : 127;
    std::vector<float> scales(linear.outputs(), kLeastScale);
    for (size_t output = 0; output < scales.size(); ++output) {
      for (size_t i = 0; i < linear.weights_per_output(); ++i)
        scales[output] = std::max(scales[output], std::fabs(linear.at(output, i)) / largest);
      const double for_bias = std::fabs(linear.bias[output]) / (activation_scale * kMaxBias);
      scales[output] = std::max(scales[output], static_cast<float>(for_bias));
    }
    if (!options_.per_channel) scales.assign(scales.size(), std::ranges::max(scales));
    return scales;
  }

  void RoundBias(const LinearNode& linear, float activation_scale,
                 const std::vector<float>& weight_scales, NodeProto& node) {
    std::vector<float> scales;
    std::vector<int32_t> bias;
    for (size_t i = 0; i < linear.outputs(); ++i) {
      scales.push_back(activation_scale * weight_scales[i]);
      bias.push_back(static_cast<int32_t>(std::nearbyint(double{linear.bias[i]} / scales[i])));
    }
    const Shape dims = {static_cast<int64_t>(bias.size())};
    node.set_input(2, AddConstant(node.input(2), dims, bias, scales, false));
  }

  /// Integers and the DequantizeLinear that reads them; returns what it makes.
  template <typename T>
  std::string AddConstant(const std::string& name, const Shape& dims, const std::vector<T>& values,
                          const std::vector<float>& scales, bool output_is_last) {
    const auto count = static_cast<int64_t>(scales.size());
    const Shape shape = options_.per_channel ? Shape{count} : Shape{};
    const size_t kept = options_.per_channel ? scales.size() : 1;
    const std::string integers = constants_.Add(name + "_quantized", dims, values);
    const std::string scale = constants_.Add<float>(
        name + "_scale", shape, {scales.begin(), scales.begin() + static_cast<ptrdiff_t>(kept)});
    const std::string zero =
        constants_.Add<T>(name + "_zero_point", shape, std::vector<T>(kept, 0));
    const std::string to = constants_.NewName(name + "_rounded");
    NodeProto& node = AddNode("DequantizeLinear", {integers, scale, zero}, to);
    if (!options_.per_channel) return to;
    AttributeProto& axis = *node.add_attribute();
    axis.set_name("axis");
    axis.set_type(AttributeProto::INT);
    axis.set_i(output_is_last ? 1 : 0);
    return to;
  }

  GraphProto& graph_;
  Constants constants_;
  const StringMap<Range>& ranges_;
  const QdqOptions options_;
  StringMap<Rounding> roundings_;  // by value
  StringMap<std::string> copies_;  // of values that are read in float too, after rounding
};

}  // namespace

Status WriteQdq(GraphProto& graph, const QdqPlan& plan, const StringMap<Range>& ranges,
                const QdqOptions& options) {
  return Writer(graph, ranges, options).Run(plan);
}

}  // namespace slipway::optimise
