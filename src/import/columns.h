#pragma once
// The columns that a model of a table takes: numbers, and categories by their words.

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "import/graph.h"

namespace slipway::importing {

/// The categories of one column; a category's code is its place.
struct Categories {
  std::vector<std::string> words;
  std::vector<double> numbers;  // where they are no words

  bool empty() const { return words.empty() && numbers.empty(); }
};

/// What a model is given.
struct ModelColumns {
  int64_t count = 0;
  std::vector<std::string> names;  // as many, or none
  std::vector<Categories>
      categories;  // as many, or none; empty ones where the column holds numbers

  /// Whether requests have words in a column.
  bool HasWords() const;
};

/// What gives a model its columns, once it is known which they are: FP64 or FP32 [n, count], codes
/// where they hold categories.
using ColumnSource = std::function<StatusOr<Matrix>(Graph&, const ModelColumns&)>;

/// The graph's own input: `input` [-1, count] of `dtype`; where a column holds words, an input [-1,
/// 1] for each column under its name: BYTES for words, else `dtype`.
/// @return kUnsupported when words stand in columns whose names are none, not unique or an
/// output's.
StatusOr<Matrix> AddInput(Graph& graph, const ModelColumns& columns, DType dtype);

/// Columns that are inputs of their own: every request has each of them.
inline constexpr size_t kMaxNamedColumns = size_t{1} << 14;

/// Whether each column can be an input of its own.
/// @return kUnsupported naming a name that is there twice or an output's, or how many are missing
/// or
///   too many.
Status CheckNames(const ModelColumns& columns);

/// values[i] where the column equals key i, else `otherwise`: FP64 [n, 1].
/// @param column  [n, 1]: BYTES for words, FP64 for numbers.
Matrix LookUp(Graph& graph, const Matrix& column, std::span<const std::string> words,
              std::span<const double> values, double otherwise);
Matrix LookUp(Graph& graph, const Matrix& column, std::span<const double> numbers,
              std::span<const double> values, double otherwise);

/// The codes of a column of categories: NaN for what is none of them. FP64 [n, 1].
/// @param column  [n, 1]: BYTES for words, any number type for numbers.
Matrix CodesOf(Graph& graph, const Matrix& column, const Categories& categories);

}  // namespace slipway::importing
