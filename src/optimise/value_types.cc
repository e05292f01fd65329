#include "optimise/value_types.h"

#include <algorithm>
#include <array>

#include "optimise/graph.h"

namespace slipway::optimise {
namespace {

using Types = StringMap<int32_t>;
constexpr int32_t kUnknown = TensorProto::UNDEFINED;

/// Operators whose outputs have the type of the first input.
constexpr std::array kLikeTheFirst = {"Abs",
                                      "Acos",
                                      "Add",
                                      "Asin",
                                      "Atan",
                                      "AveragePool",
                                      "BatchNormalization",
                                      "Ceil",
                                      "Celu",
                                      "Clip",
                                      "Compress",
                                      "Concat",
                                      "Conv",
                                      "ConvTranspose",
                                      "Cos",
                                      "CumSum",
                                      "DepthToSpace",
                                      "Div",
                                      "Einsum",
                                      "Elu",
                                      "Erf",
                                      "Exp",
                                      "Expand",
                                      "Flatten",
                                      "Floor",
                                      "Gather",
                                      "GatherElements",
                                      "GatherND",
                                      "Gelu",
                                      "Gemm",
                                      "GlobalAveragePool",
                                      "GlobalMaxPool",
                                      "GroupNormalization",
                                      "HardSigmoid",
                                      "HardSwish",
                                      "Identity",
                                      "InstanceNormalization",
                                      "LRN",
                                      "LayerNormalization",
                                      "LeakyRelu",
                                      "Log",
                                      "LogSoftmax",
                                      "LpNormalization",
                                      "LpPool",
                                      "MatMul",
                                      "Max",
                                      "Mean",
                                      "Min",
                                      "Mish",
                                      "Mod",
                                      "Mul",
                                      "Neg",
                                      "PRelu",
                                      "Pad",
                                      "Pow",
                                      "Range",
                                      "Reciprocal",
                                      "ReduceL1",
                                      "ReduceL2",
                                      "ReduceLogSumExp",
                                      "ReduceMax",
                                      "ReduceMean",
                                      "ReduceMin",
                                      "ReduceProd",
                                      "ReduceSum",
                                      "ReduceSumSquare",
                                      "Relu",
                                      "Reshape",
                                      "Resize",
                                      "Round",
                                      "ScatterElements",
                                      "ScatterND",
                                      "Selu",
                                      "Sigmoid",
                                      "Sign",
                                      "Sin",
                                      "Slice",
                                      "Softmax",
                                      "Softplus",
                                      "Softsign",
                                      "SpaceToDepth",
                                      "Split",
                                      "Sqrt",
                                      "Squeeze",
                                      "Sub",
                                      "Sum",
                                      "Tan",
                                      "Tanh",
                                      "Tile",
                                      "Transpose",
                                      "Trilu",
                                      "Unsqueeze",
                                      "Upsample"};

constexpr std::array kBooleans = {"And",   "Equal", "Greater", "GreaterOrEqual",
                                  "IsInf", "IsNaN", "Less",    "LessOrEqual",
                                  "Not",   "Or",    "Xor"};
constexpr std::array kInt64 = {"ArgMax", "ArgMin", "NonZero", "Shape", "Size"};

bool IsAmong(const auto& names, const std::string& op_type) {
  return std::ranges::find(names, op_type) != names.end();
}

class Inference {
 public:
  explicit Inference(const GraphProto& graph) {
    for (const auto& value : graph.value_info()) Declare(value);
    for (const auto& value : graph.input()) Declare(value);
    for (const auto& value : graph.output()) Declare(value);
    for (const TensorProto& constant : graph.initializer())
      types_[constant.name()] = constant.data_type();
    for (const NodeProto& node : graph.node()) Node(node);
  }
  Types Take() { return std::move(types_); }

 private:
  void Declare(const ::onnx::ValueInfoProto& value) {
    const int32_t type = value.type().tensor_type().elem_type();
    if (type != kUnknown) types_[value.name()] = type;
  }

  int32_t TypeOfInput(const NodeProto& node, int index) const {
    const auto found = types_.find(InputOf(node, index));
    return found == types_.end() ? kUnknown : found->second;
  }

  void Node(const NodeProto& node) {
    if (node.output_size() == 0) return;
    Set(node.output(0), FirstOutput(node));
    const bool splits = Is(node, "Split");
    for (int i = 1; i < node.output_size(); ++i)
      if (splits) Set(node.output(i), TypeOfInput(node, 0));
    if (node.output_size() > 1 && (Is(node, "TopK") || Is(node, "MaxPool")))
      Set(node.output(1), TensorProto::INT64);
  }

  int32_t FirstOutput(const NodeProto& node) const {
    if (!Is(node, node.op_type())) return kUnknown;
    const std::string& op = node.op_type();
    if (IsAmong(kLikeTheFirst, op) || op == "Dropout" || op == "MaxPool" || op == "TopK")
      return TypeOfInput(node, 0);
    if (IsAmong(kBooleans, op)) return TensorProto::BOOL;
    if (IsAmong(kInt64, op)) return TensorProto::INT64;
    if (op == "Where" || op == "DequantizeLinear") return TypeOfInput(node, 1);
    if (op == "QuantizeLinear")
      return node.input_size() > 2 ? TypeOfInput(node, 2) : int32_t{TensorProto::UINT8};
    if (op == "Cast") return static_cast<int32_t>(IntOf(node, "to", kUnknown));
    const AttributeProto* const value = FindAttribute(node, "value");
    if (op == "Constant") return value == nullptr ? kUnknown : value->t().data_type();
    if (op == "ConstantOfShape")
      return value == nullptr ? int32_t{TensorProto::FLOAT} : value->t().data_type();
    return kUnknown;
  }

  void Set(const std::string& value, int32_t type) {
    if (type != kUnknown && !value.empty()) types_[value] = type;
  }

  Types types_;
};

}  // namespace

Types ValueTypesOf(const GraphProto& graph) { return Inference(graph).Take(); }

}  // namespace slipway::optimise
