#pragma once
// A trained LightGBM model as its text holds it.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "import/import.h"
#include "import/trees.h"

namespace slipway::importing::lightgbm {

struct Model {
  int64_t features = 0;   // columns of the input
  int64_t outputs = 1;    // trees of a round: one for each class
  bool averages = false;  // boosting=rf: the mean of the rounds, not their sum
  std::string objective;  // "binary sigmoid:1"; "" for a custom one
  std::vector<std::string> feature_names;
  std::vector<bool> categorical;   // by column; none when the text does not say
  std::string pandas_categorical;  // JSON: the categories of a table's columns; "" or "null": none
  std::vector<Tree> trees;         // round by round
};

/// More outputs and columns than any model has: bounds what a number in a file makes us write.
inline constexpr int64_t kMaxOutputs = 1 << 20;
inline constexpr int64_t kMaxFeatures = (int64_t{1} << 31) - 2;

/// @return kUnsupported for another version of the text and for linear trees; kBadModel naming tree
///   and key; kTooLarge when sets of categories hold more than limits.max_objects.
StatusOr<Model> ReadText(std::string_view text, const Limits& limits);

}  // namespace slipway::importing::lightgbm
