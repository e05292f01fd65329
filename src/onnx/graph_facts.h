#pragma once
// What a graph is made of, each part under a name of its own: two graphs are the same when their
// facts are, however they were written.

#include <map>
#include <string>

#include "base/status.h"
#include "onnx/model_bytes.h"

namespace slipway::onnx {

struct GraphFacts {
  using Facts = std::map<std::string, std::string>;
  Facts operator_sets;  // "ai.onnx" → "21"
  Facts nodes;          // by the first output: "y" → "Gemm(x, w, b)"
  Facts attributes;     // of nodes: "y.alpha" → "0.5"; long ones as their size and a digest
  Facts weights;        // initializers: "w" → "FP32 [30,2] sha256:1f0c3e5d7a9b2c4d"
  Facts functions;      // "domain.Name" → a digest
};

/// Values that are equal have one digest, whichever field or file they lie in. Names, producer and
/// documentation of nodes and models do not count.
/// @return kBadModel for what is no model; kBadModel for external data that are not there.
StatusOr<GraphFacts> FactsOf(const ModelBytes& model);

}  // namespace slipway::onnx
