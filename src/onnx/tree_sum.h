#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"

namespace slipway::onnx {

/// A split of a tree: where `x[feature] <mode> threshold` holds, on_true.
/// A child is another split (>= 0), or leaf ~child (< 0).
struct TreeSplit {
  enum class Mode : uint8_t {
    kLessOrEqual,
    kLess,
    kGreaterOrEqual,
    kGreater,
    kEqual,
    kNotEqual,
    kMember
  };
  int64_t feature = 0;
  Mode mode = Mode::kLessOrEqual;
  double threshold = 0;
  std::vector<double> members;   // ascending; of kMember
  bool missing_is_true = false;  // NaN goes to on_true whatever the mode says
  int32_t on_true = 0, on_false = 0;

  /// Source: ONNX operator documents, ai.onnx.ml TreeEnsemble.
  int32_t Next(double value) const;
};

/// A sum of trees, checked: children are in range, each split is reached at most once, leaves are
/// finite, no path is longer than `depth`.
struct TreeSum {
  std::vector<int32_t> roots;
  std::vector<TreeSplit> splits;
  struct Leaf {
    size_t output;               // the first it adds to
    std::vector<double> values;  // of that output and those after it
  };
  std::vector<Leaf> leaves;
  size_t outputs = 1;
  size_t features = 0;  // one more than the largest that is read
  size_t depth = 0;
};

/// The tree ensemble of a model (of ai.onnx.ml 1 to 5) and a model of what it reads.
struct ModelTrees {
  static constexpr std::string_view kFeatures = "tree_features";

  std::string node;           // as messages name it
  TreeSum sum;                // before base values, divisions and links
  std::string feature_model;  // ONNX, with the original's inputs: gives `kFeatures` [n, features]
};

/// @return kUnsupported when there is none, or more than one, or one that does not sum, or a tree
/// deeper than 1,000; kBadModel naming node and rule when it is broken.
StatusOr<ModelTrees> ReadModelTrees(std::span<const std::byte> model);

}  // namespace slipway::onnx
