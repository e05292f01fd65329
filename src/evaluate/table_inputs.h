#pragma once
// The columns of a table as the inputs of a model.

#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "data/table.h"
#include "tensor/signature.h"
#include "tensor/tensor.h"

namespace slipway::evaluate {

/// Threads: Rows from any number at once.
class TableInputs {
 public:
  /// Columns go to inputs of their name; those of one [n,…] input by the names of its columns, or,
  /// when it has none, all in the table's order.
  /// @param signature, table  must outlive it.
  /// @return kBadRequest naming column and input.
  static StatusOr<TableInputs> Create(const Signature& signature, const data::Table& table);

  /// Rows of one run: what the model's first dimension says, or as many as fill some megabytes.
  size_t rows_per_run() const { return rows_per_run_; }

  /// Rows [begin, end). Where the model wants more than that, the last one is repeated.
  /// @return kBadRequest naming column, row and input of a value that the input cannot hold.
  StatusOr<std::vector<NamedTensor>> Rows(size_t begin, size_t end) const;

  /// A column of an input; `numbers` are those of words that an input takes as numbers.
  struct Source {
    const data::Column* column;
    std::vector<double> numbers;

    double NumberAt(size_t row) const {
      return numbers.empty() ? column->numbers[row] : numbers[row];
    }
  };
  struct Input {
    const TensorSpec* spec;
    std::vector<Source> sources;        // one a value of a row
    std::span<const uint64_t> numbers;  // of the rows, as data::Table has them
  };

 private:
  Status AddTable(const TensorSpec& spec, const data::Table& table);
  Status AddNamed(const TensorSpec& spec, const data::Table& table);
  void SetRowsPerRun();

  std::vector<Input> inputs_;
  size_t rows_per_run_ = 1;
  bool fixed_rows_ = false;  // the model takes rows_per_run_, no fewer
};

}  // namespace slipway::evaluate
