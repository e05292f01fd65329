#pragma once
// A multi-layer perceptron in a graph, as train/networks writes it.

#include <optional>
#include <string>
#include <vector>

#include "optimise/graph.h"
#include "train/networks/network.h"

namespace slipway::optimise {

/// Products with constants, layer after layer, one activation between all of them, in FP32 or FP64:
/// what `slipway train --model network` writes and wrote, importers of scikit-learn, and exporters
/// of other frameworks: Gemm, or MatMul and Add.
struct Perceptron {
  struct Layer {
    int product = 0;         // the place of Gemm or MatMul
    int sum = Links::kNone;  // of the Add behind a MatMul
  };
  std::string features;  // what the first layer reads: [n, inputs]
  int32_t type = 0;      // of these: TensorProto::FLOAT or DOUBLE
  std::vector<Layer> layers;
  train::Network network;
  /// A regression's scale and shift stand behind the last layer; else they are 1 and 0, and the
  /// layer has them.
  bool has_units = false;
};

/// @return nullopt when there is none, or more than one.
std::optional<Perceptron> FindPerceptron(GraphProto& graph);

/// Gives the layers, found in `graph`, the network's parameters; where it has no units, scale and
/// shift go into the last one.
void WritePerceptron(const Perceptron& perceptron, GraphProto& graph);

}  // namespace slipway::optimise
