#pragma once
// Rows and columns written as JSON, taken apart into one JSON array for each input of a model.

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "tensor/shape.h"

namespace slipway::data {

/// The values of one input.
struct JsonColumn {
  std::string name;   // "" = the model's only input
  std::string array;  // text of a JSON array, syntax checked
};

/// Takes `[row, row, …]` (one unnamed column), `[{"a": 1}, {"a": 2}, …]` (a column a key; every row
/// has the same keys) and `{"a": [1, 2], "b": …}`.
/// @return kBadRequest naming byte, row or key.
StatusOr<std::vector<JsonColumn>> ColumnsFromJson(std::string_view text);

/// The same with one row a line; empty lines are passed over.
StatusOr<std::vector<JsonColumn>> ColumnsFromJsonLines(std::string_view text);

/// Lengths of a nested array whose arrays of one depth are equally long: [[1,2],[3,4],[5,6]] is
/// [3,2].
/// @return kBadRequest naming the depth at which lengths differ, or a rank above kMaxRank.
StatusOr<Shape> ShapeOfJsonArray(std::string_view array);

}  // namespace slipway::data
