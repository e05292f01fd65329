#pragma once
// Columns of a table → numbers: computed in memory for training, and written as nodes for serving.

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "data/table.h"
#include "import/graph.h"
#include "train/samples.h"

namespace slipway::train {

/// The inputs of a graph, by the names of the columns they hold.
class InputColumns {
 public:
  virtual ~InputColumns() = default;
  /// FP64 [n, names].
  virtual importing::Matrix Numbers(std::span<const std::string> names) const = 0;
  /// BYTES [n, 1].
  virtual importing::Matrix Words(const std::string& name) const = 0;
};

/// What is fitted for some columns. Apply and Write compute the same numbers in the same order.
/// Threads: const methods from any thread.
class Encoder {
 public:
  virtual ~Encoder() = default;

  virtual std::vector<Feature> Features() const = 0;
  /// @param out  [features][rows of the table], overwritten.
  /// @return kBadRequest naming a column that is missing or of another type.
  virtual Status Apply(const data::Table& table, std::span<double> out) const = 0;
  /// FP64 [n, features].
  virtual importing::Matrix Write(importing::Graph& graph, const InputColumns& inputs) const = 0;
};

/// The column of that name; numeric when `numeric`, else one of words.
StatusOr<const data::Column*> ColumnFor(const data::Table& table, const std::string& name,
                                        bool numeric);
/// The word in `row` of a category or text; "" = missing.
std::string_view WordAt(const data::Column& column, size_t row);

/// The columns as they are.
std::unique_ptr<Encoder> EncodeNumbers(std::vector<std::string> columns);

}  // namespace slipway::train
