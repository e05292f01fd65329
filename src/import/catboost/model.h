#pragma once
// A trained CatBoost model as its two encodings agree on it.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "import/catboost/catboost.h"
#include "import/catboost/statistics.h"
#include "import/document.h"
#include "import/import.h"
#include "import/trees.h"

namespace slipway::importing::catboost {

struct Model {
  std::string version;  // "1.2.10"; "" when the file does not say
  std::string loss;     // "Logloss"
  int64_t features = 0;
  int64_t outputs = 1;
  std::vector<std::string> feature_names;  // by column; "" for one without
  std::vector<bool> taken;                 // columns that are a feature's
  std::vector<int64_t> categories;         // columns that hold categories
  std::vector<Statistic> statistics;       // columns that tests see behind those of the input
  StatisticTables tables;
  std::vector<Tree> trees;  // leaves of `outputs` values
  double scale = 1;
  std::vector<double> bias;  // one, or one for each output
  CatboostClasses classes;
  double threshold = 0.5;  // a label, or the second of two classes, is answered above it

  void SetFeatures(size_t count);
  /// Column `column`, below `features`, is the feature called `name`; false when another one is.
  bool TakeColumn(int64_t column, std::string_view name);
};

/// More outputs and columns than any model has.
inline constexpr int64_t kMaxOutputs = 1 << 20;
inline constexpr int64_t kMaxFeatures = (int64_t{1} << 31) - 1;

/// The split of `test` whose children are those below and above it, or unequal and equal.
Split SplitOf(const Test& test, int32_t below, int32_t above);

/// A tree that asks the same test of a whole level: bit i of a leaf's number is test i.
/// @param leaves  2^tests.size() leaves of `width` values.
Tree SymmetricTree(std::span<const Test> tests, std::span<const double> leaves);

/// Refuses by name what a model needs besides numbers.
Status RefuseFeatures(std::string_view kind);

/// What a model says about itself, of its keys those that change answers.
struct Info {
  std::optional<Node> params;
  std::optional<Node> class_params;
  std::optional<std::string_view> threshold;  // binclass_probability_threshold
  bool has_multiclass_params = false;         // which class_params replaced
  std::string_view version;                   // catboost_version_info
};

/// Loss, labels, threshold and version.
Status ReadInfo(const Info& info, Model& model);

/// @return kBadModel naming place, expected, got; kUnsupported naming the kind of feature.
StatusOr<Model> ReadBinary(std::span<const std::byte> bytes, const Limits& limits);
StatusOr<Model> ReadDocument(const Value& document);

}  // namespace slipway::importing::catboost
