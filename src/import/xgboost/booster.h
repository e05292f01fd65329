#pragma once
// A trained XGBoost model as its three encodings agree on it.

#include <algorithm>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "import/columns.h"
#include "import/document.h"
#include "import/import.h"
#include "import/trees.h"

namespace slipway::importing::xgboost {

struct Booster {
  std::string version;          // "3.2.0", of the XGBoost that wrote it; "" before 1.0
  std::string objective;        // "binary:logistic"
  int64_t features = 0;         // columns of the input
  int64_t classes = 0;          // of multi:*; 0 otherwise
  int64_t targets = 1;          // columns of the label
  std::vector<float> base;      // one value, or one for each output
  bool base_is_margin = false;  // before 1.0; since then it is a prediction, before the link
  std::vector<std::string> feature_names;         // often none
  std::vector<Categories> categories;             // by column, or none
  std::map<std::string, std::string> attributes;  // best_iteration, scikit_learn
  // Trees (gbtree and dart; dart's weights are multiplied in).
  std::vector<Tree> trees;
  int64_t leaf_width = 1;       // > 1: multi_strategy=multi_output_tree
  std::vector<int64_t> rounds;  // trees of the first i rounds; empty when unknown
  int64_t parallel_trees = 1;   // of each round and output
  // A linear model (gblinear), [features + 1][outputs], the last row the bias.
  bool linear = false;
  std::vector<float> weights;

  /// Scores of a row: one for each class or target.
  int64_t outputs() const { return std::max({classes, targets, int64_t{1}}); }
};

/// More outputs than any model has: bounds what a number in a file makes us write.
inline constexpr int64_t kMaxOutputs = 1 << 20;
inline constexpr int64_t kMaxFeatures = (int64_t{1} << 31) - 1;

/// A tree as XGBoost stores it: a table of nodes, the root first.
struct NodeTable {
  std::vector<int64_t> left, right;  // -1: none
  std::vector<int64_t> feature;
  std::vector<float> value;        // of a split its threshold, of a leaf its weight
  std::vector<bool> default_left;  // where missing values go
  std::vector<bool> categorical;   // or empty
  std::map<int64_t, std::vector<double>> categories;  // by categorical node: those that go right
  int64_t leaf_width = 1;
  std::vector<float> leaf_weights;   // [row][leaf_width], when leaves are wider than 1
  bool leaf_rows_are_right = false;  // a leaf's row is its `right`; else its node number
};

/// The nodes that the root reaches, as a tree; each leaf times `weight`.
/// @return kBadModel beginning with `where` when a child is out of range or reached twice.
StatusOr<Tree> ToTree(const NodeTable& table, float weight, std::string_view where);

/// @return kBadModel naming the member; kUnsupported naming a booster we do not know.
StatusOr<Booster> BoosterOf(const Value& document);

/// Reads the binary format of XGBoost before 3.1, with or without "binf" in front.
/// @return kBadModel naming the byte.
StatusOr<Booster> ReadBinary(std::span<const std::byte> bytes);

}  // namespace slipway::importing::xgboost
