#pragma once
// What a bundle says of the rows that its model learned from, to be compared with what it is asked
// later. docs/formats/data-files.md

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "data/table.h"

namespace slipway::data {

/// The quantiles that are kept of numbers.
inline constexpr std::array<double, 13> kQuantileShares = {0.01, 0.05, 0.1, 0.2, 0.3,  0.4, 0.5,
                                                           0.6,  0.7,  0.8, 0.9, 0.95, 0.99};

/// Of values that are neither missing nor infinite; at least one.
struct NumberFacts {
  double min = 0, max = 0, mean = 0;
  double std = 0;                 // of the values as a population
  std::vector<double> quantiles;  // of kQuantileShares, interpolated linearly
  bool operator==(const NumberFacts&) const = default;
};

struct CategoryCount {
  std::string category;
  uint64_t count = 0;
  bool operator==(const CategoryCount&) const = default;
};

struct FeatureFacts {
  static constexpr size_t kMaxCategories = 1000;

  std::string name;
  std::optional<ColumnType> type;         // nullopt: only the name is known
  double missing = 0;                     // share of rows, 0 to 1
  std::optional<NumberFacts> number;      // of numbers, integers, booleans and times
  std::vector<CategoryCount> categories;  // the most frequent ones, most frequent first
  uint64_t others = 0;                    // rows of categories that are not listed
  bool operator==(const FeatureFacts&) const = default;
};

struct FeatureSchema {
  uint64_t rows = 0;
  std::vector<FeatureFacts> features;
  bool operator==(const FeatureSchema&) const = default;
};

/// @param table  of features, without the target.
FeatureSchema DescribeFeatures(const Table& table);

/// A JSON object {"rows":…,"features":[{"name":…,"type":…,…},…]}; the same schema is the same
/// bytes.
std::string RenderFeatureSchema(const FeatureSchema& schema);

/// Reads what RenderFeatureSchema writes, and schemas of names only; other members are passed over.
/// @return kBadRequest naming what is wrong: a feature without a name or with another's, a type
/// that
///   there is not, a share outside 0 to 1, more than 100,000 features.
StatusOr<FeatureSchema> ParseFeatureSchema(std::string_view json);

}  // namespace slipway::data
