#pragma once
// CatBoost's statistics of categories: what is kept for each hash, and the columns that trees see
// of it. docs/formats/catboost.md

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "import/graph.h"
#include "import/import.h"

namespace slipway::importing::catboost {

/// One test of a row, by its place in the model's list of all tests.
struct Test {
  int64_t column = 0;             // of the input, or a statistic's behind them
  double value = 0;               // a border: the column is above it
  bool missing_is_above = false;  // where NaN goes
  bool is_equality = false;       // the column, a category's hash, is `value`
};

/// What rows are told apart by: categories and answers of tests, hashed together in this order.
struct Combination {
  std::vector<int64_t> categories;  // columns
  std::vector<Test> tests;
};

enum class StatisticKind : uint8_t {
  kBorders,
  kBuckets,
  kBinarizedMean,
  kFloatMean,
  kCounter,
  kFrequency
};

/// "Borders", "Counter", … @return kUnsupported naming another one.
StatusOr<StatisticKind> StatisticKindOf(std::string_view name);

/// A sum and a count of the target.
bool IsMean(StatisticKind kind);
/// Values that are kept for each hash; nullopt where that is the number of classes.
std::optional<int64_t> WidthOf(StatisticKind kind);

/// What training counted for each hash of a combination.
struct StatisticTable {
  std::vector<int64_t> hashes;  // each once
  std::vector<double> values;   // [hash][width]: rows by class; or a sum and a count; or a count
  int64_t width = 0;
  int32_t denominator = 0;  // of counters
};

/// A column that trees see: ((count + prior) / (total + prior_weight) + shift) · scale.
struct Statistic {
  Combination of;
  StatisticKind kind = StatisticKind::kBorders;
  std::string table;  // its name
  int64_t target_border = 0;
  float prior = 0;
  float prior_weight = 1;
  float shift = 0;
  float scale = 1;
};

using StatisticTables = std::map<std::string, StatisticTable, std::less<>>;

/// [hash, and one for hashes that are not in the table], in float32 as CatBoost computes it.
/// @return kBadModel when the table is not one of the statistic's kind.
StatusOr<std::vector<float>> ValuesOf(const Statistic& statistic, const StatisticTable& table);

/// The columns of `statistics`, in their order: FP64 [n, statistics].
/// @param numbers  FP64 [n, columns] of the input, hashes where they are categories
/// @param hashes   INT64 [n, 1] by column; an empty value where it is no category
/// @param max_bytes  of all tables that are written
/// @return as ValuesOf; kBadModel naming a table that is not there; kTooLarge.
StatusOr<Matrix> AddStatistics(Graph& graph, const std::vector<Statistic>& statistics,
                               const StatisticTables& tables, const Matrix& numbers,
                               const std::vector<Matrix>& hashes, size_t max_bytes);

}  // namespace slipway::importing::catboost
