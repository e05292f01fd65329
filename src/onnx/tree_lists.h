#pragma once
// The attributes of tree ensembles as parallel lists; read by tree_rules.cc and tree_sum.cc.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "onnx/onnx.pb.h"

namespace slipway::onnx {

inline constexpr size_t kMaxTreeDepth = 1'000;

/// Numbers of one type, widened.
struct Numbers {
  std::vector<double> values;
  bool narrow = false;  // they were FP32

  /// As short as it can be said and read back.
  std::string Text(double value) const;
};

/// @return kUnsupported for what holds no numbers of FP32, FP64 or UINT8.
StatusOr<Numbers> NumbersOf(const ::onnx::TensorProto& proto);

/// Rows that leaves stand for: a leaf's weight is the number of its row.
struct LeafTable {
  Numbers numbers;
  size_t width = 0;
};

/// As ai.onnx.ml 5 TreeEnsemble has them.
struct TreeLists {
  std::vector<int64_t> roots, features, true_ids, true_leaves, false_ids, false_leaves, targets,
      missing;
  std::vector<bool> root_leaves;  // trees that are one leaf, and `roots` its number; may be empty
  Numbers modes, splits, weights, members;
  int64_t n_targets = 1;
  std::optional<LeafTable> table;
  std::vector<std::string> classes;  // labels, of classifiers
  std::string after;  // what the node itself does with the sum: a sentence with its newline
};

/// @return kBadModel when lists differ in length.
StatusOr<TreeLists> ReadTreeEnsemble(const ::onnx::NodeProto& node);

/// The table that the leaves of `ensemble` are rows of; nullopt when their weights are what is
/// added.
StatusOr<std::optional<LeafTable>> LeafTableOf(const ::onnx::GraphProto& graph,
                                               const ::onnx::NodeProto& ensemble);

/// TreeEnsembleRegressor and TreeEnsembleClassifier, of ai.onnx.ml 1 to 4.
bool IsOldTrees(const ::onnx::NodeProto& node);

/// Leaves that add to several targets become rows of a table.
/// @return kBadModel when lists differ in length, or name nodes that are not there.
StatusOr<TreeLists> ReadOldTrees(const ::onnx::NodeProto& node);

}  // namespace slipway::onnx
