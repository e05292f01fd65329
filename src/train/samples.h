#pragma once
// What estimators learn from.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "data/table.h"

namespace slipway::train {

/// A column of the matrix.
struct Feature {
  std::string name;
  int32_t categories =
      0;  // > 0: values are the codes 0 … categories - 1 of a category (NaN = missing)
  int8_t monotone = 0;  // trees: +1 the answer never falls as it grows, -1 never rises
};

/// Rows, their answers and their weights.
struct Samples {
  size_t rows = 0;
  std::vector<Feature> features;
  std::vector<double> values;          // [features][rows]: column by column; NaN = missing
  data::Target target;                 // of these rows; labels may hold more classes than occur
  std::vector<double> weights;         // [rows], not negative; empty = 1 each
  std::vector<uint64_t> numbers = {};  // [rows] of the file, for messages, as data::Table has them

  std::span<const double> column(size_t feature) const {
    return std::span(values).subspan(feature * rows, rows);
  }
  uint64_t number(size_t row) const { return data::NumberOfRow(numbers, row); }
  double weight(size_t row) const { return weights.empty() ? 1.0 : weights[row]; }
};

}  // namespace slipway::train
