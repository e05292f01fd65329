#pragma once
// Conv and Gemm as what they have in common: outputs that are sums of weighted inputs and a bias.

#include <optional>
#include <vector>

#include "optimise/graph.h"

namespace slipway::optimise {

/// A Conv, Gemm or MatMul of FP32 with constant weights, and its bias.
struct LinearNode {
  Shape dims;                  // of the weights as the node has them
  std::vector<float> weights;  // of `dims`
  std::vector<float> bias;     // [outputs]; zeros when there is none
  bool has_bias = false;
  bool output_is_last = false;  // weights are [inputs, outputs], else [outputs, …]

  size_t outputs() const { return static_cast<size_t>(dims[output_is_last ? 1 : 0]); }
  size_t weights_per_output() const { return weights.size() / outputs(); }
  /// Weight `i` of `output`.
  float& at(size_t output, size_t i) {
    return weights[output_is_last ? i * outputs() + output : output * weights_per_output() + i];
  }
  float at(size_t output, size_t i) const { return const_cast<LinearNode*>(this)->at(output, i); }

  /// Every output becomes output · scale + shift.
  void ScaleOutput(size_t output, double scale, double shift);
};

/// nullopt for other nodes; for a MatMul of weights that are no matrix, a Gemm with alpha, beta or
/// transA, or with a bias that differs by row; and for weights without values or outputs, and those
/// that are infinite or NaN: such a node stays as it is.
std::optional<LinearNode> ReadLinear(const NodeProto& node, const Constants& constants);

/// "2 nodes with infinite or NaN weights stay in float": of the Conv, Gemm and MatMul that
/// ReadLinear leaves out for that; "" where there are none.
std::string NoteOfNotFinite(ModelProto& model);

/// Gives `node` these weights and, unless it is a MatMul, this bias, as constants of its own.
void WriteLinear(const LinearNode& linear, NodeProto& node, Constants& constants);

}  // namespace slipway::optimise
