#pragma once
// INT8 in a graph: pairs of QuantizeLinear and DequantizeLinear (QDQ) around the nodes that an
// engine is to compute in INT8.

#include <string>
#include <vector>

#include "base/status.h"
#include "base/string_map.h"
#include "optimise/graph.h"
#include "optimise/quantise/calibration.h"

namespace slipway::optimise {

/// A node to compute in INT8.
struct QdqNode {
  int place = 0;              // in the graph
  std::vector<int> inputs;    // places of the inputs that are activations
  std::string output;         // what it makes, behind the Relu or Clip that goes into it
  bool rounds_output = true;  // false: the output stays FP32, as nothing reads it in INT8
  bool keeps_values = false;  // the output has the scale of the input
};

struct QdqPlan {
  std::vector<QdqNode> nodes;  // in the graph's order
  std::vector<int> folded;     // places of Relu and Clip that saturation makes needless
  std::vector<std::string>
      values;  // whose ranges are needed, by this plan or one with more in float
};

/// Plans INT8 for Conv, Gemm and MatMul with constant weights, and for what lies between them:
/// pooling, sums, products, concatenation, and nodes that only move values.
/// @param in_float  first outputs of nodes that stay as they are.
QdqPlan PlanQdq(GraphProto& graph, const std::vector<std::string>& in_float);

struct QdqOptions {
  bool per_channel = true;  // weights have a scale for each output
  int weight_bits = 8;      // 7 for CPUs without VNNI, whose sums of two products saturate
};

/// Activations become unsigned, weights signed and symmetric, biases INT32. Behind Relu and Clip
/// the zero point is the type's least value, so that saturation does the clamping and the node
/// goes.
/// @param ranges  of plan.values.
Status WriteQdq(GraphProto& graph, const QdqPlan& plan, const StringMap<Range>& ranges,
                const QdqOptions& options);

}  // namespace slipway::optimise
