#pragma once
// Short words for graphs in tests.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/testing/harness.h"
#include "onnx/builder.h"

namespace slipway::testing {

/// Of the operator sets that importers write.
inline onnx::Builder Graph() {
  onnx::Builder b;
  b.Opset("", 21).Opset("ai.onnx.ml", 5).IrVersion(10);
  return b;
}

template <typename T>
void AddConstant(onnx::Builder& b, std::string_view name, const Shape& shape,
                 const std::vector<T>& values) {
  b.Constant<T>(name, shape, std::span<const T>(values));
}

/// Two trees of one split and two leaves each.
struct Stumps {
  int targets;
  std::vector<int64_t> features;
  std::vector<uint8_t> modes;  // of TreeEnsemble: 0 is <=, 1 is <
  Tensor splits;
  std::vector<int64_t> leaf_targets;  // of the first tree's leaves where it holds, where not; …
  Tensor leaf_weights;
};

/// A TreeEnsemble node that adds up what both say.
inline void AddStumps(onnx::Builder& b, std::string_view input, std::string_view output,
                      const Stumps& stumps) {
  using Integers = std::vector<int64_t>;
  b.Node("TreeEnsemble", {std::string(input)}, {std::string(output)},
         {{"aggregate_function", 1},
          {"n_targets", stumps.targets},
          {"tree_roots", Integers{0, 1}},
          {"nodes_featureids", stumps.features},
          {"nodes_modes", TensorOf<uint8_t>({2}, stumps.modes)},
          {"nodes_splits", stumps.splits},
          {"nodes_truenodeids", Integers{0, 2}},
          {"nodes_trueleafs", Integers{1, 1}},
          {"nodes_falsenodeids", Integers{1, 3}},
          {"nodes_falseleafs", Integers{1, 1}},
          {"leaf_targetids", stumps.leaf_targets},
          {"leaf_weights", stumps.leaf_weights}},
         "ai.onnx.ml");
}

}  // namespace slipway::testing
