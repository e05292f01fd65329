#pragma once
// A multi-layer perceptron in a graph, as train/networks writes it.

#include <optional>
#include <string>
#include <vector>

#include "optimise/graph.h"
#include "train/networks/network.h"

namespace slipway::optimise {

/// MatMul and Add of FP64 with constants, layer after layer, one activation between all of them:
/// what `slipway train --model network` writes, and importers of scikit-learn.
struct Perceptron {
  struct Layer {
    int product = 0, sum = 0;  // places of MatMul and Add
  };
  std::string features;  // what the first layer reads: [n, inputs] FP64
  std::vector<Layer> layers;
  train::Network network;  // of a regression scale is 1 and shift 0: the last layer has them
};

/// @return nullopt when there is none, or more than one.
std::optional<Perceptron> FindPerceptron(GraphProto& graph);

/// Gives the layers, found in `graph`, the network's parameters, scale and shift in the last one.
void WritePerceptron(const Perceptron& perceptron, GraphProto& graph);

}  // namespace slipway::optimise
