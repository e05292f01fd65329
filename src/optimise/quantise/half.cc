// FP16 in the place of FP32.

#include <algorithm>
#include <cmath>

#include "optimise/linear_node.h"
#include "optimise/passes.h"
#include "optimise/value_types.h"
#include "tensor/half.h"

namespace slipway::optimise {
namespace {

constexpr float kMostHalf = 65504;

/// Operators that take or give FP32 whatever the type of the rest is; they stay in it.
constexpr std::string_view kInFloat[] = {"Constant",
                                         "QuantizeLinear",
                                         "DequantizeLinear",
                                         "DynamicQuantizeLinear",
                                         "RandomNormal",
                                         "RandomUniform",
                                         "RandomNormalLike",
                                         "RandomUniformLike",
                                         "Bernoulli",
                                         "Multinomial",
                                         "EyeLike",
                                         "TfIdfVectorizer",
                                         "NonMaxSuppression",
                                         "HannWindow",
                                         "HammingWindow",
                                         "BlackmanWindow",
                                         "MelWeightMatrix",
                                         "ImageDecoder",
                                         "StringNormalizer",
                                         "Resize",
                                         "Upsample",
                                         "ConstantOfShape",
                                         "Range"};

/// Values beyond FP16 become its largest; small ones become zero or subnormal.
std::vector<uint16_t> Halves(std::span<const float> values) {
  std::vector<uint16_t> halves;
  halves.reserve(values.size());
  for (const float value : values) {
    const float bounded = std::isfinite(value) ? std::clamp(value, -kMostHalf, kMostHalf) : value;
    halves.push_back(DoubleToFp16(bounded));
  }
  return halves;
}

bool HasNested(const NodeProto& node) {
  return std::ranges::any_of(node.attribute(),
                             [](const auto& a) { return a.has_g() || a.graphs_size() > 0; });
}

/// Every value of FP32 becomes one of FP16 under the same name, but graph inputs and outputs.
class Conversion {
 public:
  explicit Conversion(GraphProto& graph)
      : graph_(graph), constants_(graph), types_(ValueTypesOf(graph)) {
    for (const auto& input : graph.input()) fixed_.insert(input.name());
    for (const auto& output : graph.output())
      if (IsFloat(output.name()))
        halves_[output.name()] = constants_.NewName(output.name() + "_half");
  }

  Status Run() {
    const int count = graph_.node_size();
    for (int i = 0; i < count; ++i) {
      NodeProto node = graph_.node(i);
      if (HasNested(node))
        return Error(Reason::kUnsupported, "FP16: operator {} holds a graph of its own",
                     node.op_type());
      const bool in_float =
          !Is(node, node.op_type()) || std::ranges::count(kInFloat, node.op_type()) > 0;
      for (std::string& value : *node.mutable_input())
        if (IsFloat(value)) value = in_float ? AsFloat(value) : AsHalf(value);
      for (std::string& value : *node.mutable_output())
        if (IsFloat(value)) value = in_float ? FloatThatBecomes(value) : HalfNameOf(value);
      if (!in_float) Retype(node);
      graph_.mutable_node(i)->Swap(&node);
    }
    for (const auto& output : graph_.output())
      if (IsFloat(output.name()))
        AddCast(HalfNameOf(output.name()), output.name(), TensorProto::FLOAT);
    graph_.clear_value_info();
    return SortNodes(graph_);
  }

  int converted() const { return converted_; }

 private:
  bool IsFloat(const std::string& value) const {
    const auto type = types_.find(value);
    return type != types_.end() && type->second == TensorProto::FLOAT;
  }

  std::string HalfNameOf(const std::string& value) const {
    const auto found = halves_.find(value);
    return found == halves_.end() ? value : found->second;
  }

  std::string AsHalf(const std::string& value) {
    const bool is_constant = constants_.Find(value) != nullptr;
    if (!is_constant && !fixed_.contains(value)) return HalfNameOf(value);
    const auto [found, is_new] = halves_.try_emplace(value);
    if (!is_new) return found->second;
    if (is_constant) {
      const TensorProto& tensor = *constants_.Find(value);
      const Shape dims(tensor.dims().begin(), tensor.dims().end());
      const std::vector<uint16_t> halves = Halves(constants_.Floats(value));
      ++converted_;
      return found->second = constants_.Add(
                 value + "_half",
                 Tensor{DType::kFp16, dims, Buffer(std::as_bytes(std::span(halves)))});
    }
    found->second = constants_.NewName(value + "_half");
    AddCast(value, found->second, TensorProto::FLOAT16);
    return found->second;
  }

  std::string AsFloat(const std::string& value) {
    if (constants_.Find(value) != nullptr || fixed_.contains(value)) return value;
    const auto [found, is_new] = floats_.try_emplace(value);
    if (is_new) {
      found->second = constants_.NewName(value + "_float");
      AddCast(HalfNameOf(value), found->second, TensorProto::FLOAT);
    }
    return found->second;
  }

  /// The name under which a node in FP32 makes what the others read in FP16.
  std::string FloatThatBecomes(const std::string& value) {
    std::string name = constants_.NewName(value + "_float");
    AddCast(name, HalfNameOf(value), TensorProto::FLOAT16);
    return name;
  }

  void AddCast(const std::string& from, const std::string& to, int32_t type) {
    NodeProto& node = *graph_.add_node();
    node.set_op_type("Cast");
    node.set_name(to);
    node.add_input(from);
    node.add_output(to);
    AttributeProto& attribute = *node.add_attribute();
    attribute.set_name("to");
    attribute.set_type(AttributeProto::INT);
    attribute.set_i(type);
  }

  static void Retype(NodeProto& node) {
    for (AttributeProto& attribute : *node.mutable_attribute())
      if (Is(node, "Cast") && attribute.name() == "to" && attribute.i() == TensorProto::FLOAT)
        attribute.set_i(TensorProto::FLOAT16);
  }

  GraphProto& graph_;
  Constants constants_;
  const StringMap<int32_t> types_;
  StringSet fixed_;                // graph inputs
  StringMap<std::string> halves_;  // where they have another name
  StringMap<std::string> floats_;
  int converted_ = 0;
};

StatusOr<std::string> ApplyHalfPrecision(ModelProto& model, const Settings&, const Workshop&) {
  Conversion conversion(*model.mutable_graph());
  RETURN_IF_ERROR(conversion.Run());
  if (conversion.converted() == 0) return "";
  return fmt::format("{} constants have 16 bits", conversion.converted());
}

}  // namespace

Pass HalfPrecision() {
  return {.name = "half",
          .summary = "FP16 in the place of FP32; inputs and outputs stay as they are.",
          .exact = false,
          .apply = ApplyHalfPrecision};
}

}  // namespace slipway::optimise
