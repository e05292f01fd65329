#pragma once
// What flows between estimators: columns, each of numbers or of text.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "base/string_map.h"
#include "import/graph.h"

namespace slipway::importing::sklearn {

/// Of a table, so that a small file cannot ask for much.
inline constexpr int64_t kMaxColumns = int64_t{1} << 22;

/// What the estimators ask of the columns of the model's input.
struct ColumnUse {
  std::string name;  // "" when the model was fitted on an array
  bool used = false;
  bool text = false;
};

/// Columns side by side, in parts [n, k] of one dtype each. Copying is cheap.
/// Whether an input column holds text is known only once an encoder of text asks for it: until then
/// every input column is a number, and Text() notes the demand for a second pass (see sklearn.cc).
class Table {
 public:
  Table() = default;
  /// Computed columns.
  explicit Table(Matrix part) : Table(std::vector<Matrix>{std::move(part)}) {}
  explicit Table(std::vector<Matrix> parts);
  /// The model's input; `uses` outlives the table and has an entry for each column.
  Table(std::vector<Matrix> parts, std::vector<ColumnUse>* uses);

  int64_t columns() const { return static_cast<int64_t>(columns_.size()); }
  const std::vector<Matrix>& parts() const { return parts_; }
  /// The positions of the input columns among these, by name.
  StringMap<int64_t> Positions() const;
  /// "column 3" or "column \"age\"".
  std::string Describe(int64_t column) const;

  /// Some columns, in the order of `indices`, all below columns().
  Table Select(Graph& graph, std::span<const int64_t> indices) const;
  /// Says that the model reads all of these columns: those of its input become inputs of the graph.
  void MarkUsed() const;
  /// All columns as numbers, FP64 [n, columns]. `reader` names the estimator in messages.
  StatusOr<Matrix> Numbers(Graph& graph, std::string_view reader) const;
  /// One column as text, BYTES [n, 1].
  StatusOr<Matrix> Text(Graph& graph, int64_t column, std::string_view reader) const;
  /// One column, [n, 1], of numbers unless it is known to hold text.
  Matrix Column(Graph& graph, int64_t column) const;
  /// Whether a column is known to hold text.
  bool IsText(int64_t column) const { return PartOf(column).dtype == DType::kBytes; }

  /// The columns of all tables side by side.
  static Table Concat(std::span<const Table> tables);

 private:
  struct Place {
    size_t part;
    int64_t index;   // within the part
    int64_t source;  // its number in *uses_; -1 when it is computed
  };
  const Matrix& PartOf(int64_t column) const { return parts_[columns_[column].part]; }
  ColumnUse* UseOf(int64_t column) const;

  std::vector<Matrix> parts_;
  std::vector<Place> columns_;
  std::vector<ColumnUse>* uses_ = nullptr;
};

}  // namespace slipway::importing::sklearn
