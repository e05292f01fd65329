// Weights alone in 8 or 4 bits, in blocks with a scale each; what comes in and out stays in float.

#include <algorithm>
#include <cmath>

#include "optimise/linear_node.h"
#include "optimise/passes.h"

namespace slipway::optimise {
namespace {

constexpr std::string_view kDomain = "com.microsoft";
constexpr int64_t kDomainVersion = 1;
constexpr float kLeastExtreme = 1e-30F;
/// The operator's accuracy_level that lets it round what comes in to INT8, block by block. In float
/// ONNX Runtime unpacks 8-bit weights anew in each run, which takes longer than FP32 does.
constexpr int64_t kProductsInInt8 = 4;

/// Weights as MatMulNBits has them: [outputs, blocks, bytes of a block], unsigned around a middle.
struct Blocks {
  int64_t inputs = 0, outputs = 0;
  int bits = 4;
  int64_t size = 32;  // weights of a block
  std::vector<uint8_t> values;
  std::vector<float> scales;  // [outputs, blocks]
};

/// One block: the scale that lets the weight of largest magnitude be said exactly, and the rest in
/// steps of it. Source: MatMulNBits of ONNX Runtime's contributed operators.
void RoundBlock(const LinearNode& linear, size_t output, size_t begin, Blocks& blocks) {
  const auto inputs = static_cast<size_t>(blocks.inputs);
  const auto size = static_cast<size_t>(blocks.size);
  const size_t end = std::min(begin + size, inputs);
  const float middle = static_cast<float>(1 << (blocks.bits - 1)), most = 2 * middle - 1;
  float extreme = 0;
  for (size_t i = begin; i < end; ++i)
    if (std::fabs(linear.at(output, i)) > std::fabs(extreme)) extreme = linear.at(output, i);
  const bool is_zero = std::fabs(extreme) < kLeastExtreme;  // its scale is no normal number
  const float scale = is_zero ? 1 : extreme / -middle;
  blocks.scales.push_back(scale);
  const size_t start = blocks.values.size();
  blocks.values.resize(start + size * static_cast<size_t>(blocks.bits) / 8);
  for (size_t i = 0; i < size; ++i) {
    const float weight = begin + i < end ? linear.at(output, begin + i) : 0;
    const float steps = std::clamp(std::nearbyint(weight / scale) + middle, 0.0F, most);
    const auto code = static_cast<uint8_t>(steps);
    if (blocks.bits == 8)
      blocks.values[start + i] = code;
    else
      blocks.values[start + i / 2] |= static_cast<uint8_t>(code << (i % 2 * 4));
  }
}

Blocks RoundWeights(const LinearNode& linear, int bits, int64_t size) {
  Blocks blocks{static_cast<int64_t>(linear.weights_per_output()),
                static_cast<int64_t>(linear.outputs()),
                bits,
                size,
                {},
                {}};
  for (size_t output = 0; output < linear.outputs(); ++output)
    for (size_t begin = 0; begin < linear.weights_per_output(); begin += static_cast<size_t>(size))
      RoundBlock(linear, output, begin, blocks);
  return blocks;
}

/// The node as MatMulNBits; the bias of a Gemm is its last input.
void Replace(NodeProto& node, const LinearNode& linear, const Blocks& blocks, bool in_float,
             Constants& constants) {
  const int64_t per_row = (blocks.inputs + blocks.size - 1) / blocks.size;
  const std::string weights = node.input(1);
  NodeProto made;
  made.set_op_type("MatMulNBits");
  made.set_domain(std::string(kDomain));
  made.set_name(node.name());
  made.add_input(node.input(0));
  made.add_input(constants.Add(weights + "_quantized",
                               {blocks.outputs, per_row, blocks.size * blocks.bits / 8},
                               blocks.values));
  made.add_input(constants.Add(weights + "_scales", {blocks.outputs * per_row}, blocks.scales));
  if (linear.has_bias) {
    made.add_input("");  // zero points: the middle
    made.add_input("");  // places of groups
    made.add_input(constants.Add(node.input(2), {blocks.outputs}, linear.bias));
  }
  made.add_output(node.output(0));
  SetInt(made, "K", blocks.inputs);
  SetInt(made, "N", blocks.outputs);
  SetInt(made, "bits", blocks.bits);
  SetInt(made, "block_size", blocks.size);
  if (!in_float) SetInt(made, "accuracy_level", kProductsInInt8);
  made.Swap(&node);
}

StatusOr<std::string> ApplyQuantiseWeights(ModelProto& model, const Settings& settings,
                                           const Workshop&) {
  const int bits = settings.Word("bits") == "8" ? 8 : 4;
  const auto size = static_cast<int64_t>(settings.Number("block"));
  const auto least = static_cast<size_t>(settings.Number("least"));
  const bool in_float = settings.Word("products") == "float";
  GraphProto& graph = *model.mutable_graph();
  Constants constants(graph);
  int replaced = 0;
  for (NodeProto& node : *graph.mutable_node()) {
    if (!Is(node, "MatMul") && !Is(node, "Gemm")) continue;
    const std::optional<LinearNode> linear = ReadLinear(node, constants);
    if (!linear || linear->weights.size() < least) continue;
    Replace(node, *linear, RoundWeights(*linear, bits, size), in_float, constants);
    ++replaced;
  }
  if (replaced == 0) return "";
  if (OpsetOf(model, kDomain) == 0) {
    auto& opset = *model.add_opset_import();
    opset.set_domain(std::string(kDomain));
    opset.set_version(kDomainVersion);
  }
  return fmt::format("weights of {} nodes have {} bits", replaced, bits);
}

}  // namespace

Pass QuantiseWeights() {
  return {.name = "quantise-weights",
          .summary =
              "Weights of MatMul and Gemm in 4 or 8 bits, in blocks with a scale each; "
              "runs on ONNX Runtime only.",
          .exact = false,
          .parameters =
              {{.name = "bits", .otherwise = "4", .words = {"4", "8"}, .help = "Of a weight."},
               {.name = "block",
                .otherwise = "32",
                .words = {"16", "32", "64", "128", "256"},
                .help = "Weights that share a scale."},
               {.name = "products",
                .otherwise = "int8",
                .words = {"int8", "float"},
                .help = "What they are computed in, where the processor can: for INT8 inputs are "
                        "rounded block by block."},
               {.name = "least",
                .otherwise = "1024",
                .min = 1,
                .max = 1e9,
                .help = "Nodes with fewer weights stay as they are."}},
          .leaves = NoteOfNotFinite,
          .apply = ApplyQuantiseWeights};
}

}  // namespace slipway::optimise
