#pragma once
// Rows that a model is run on: what its inputs get.

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "data/table.h"
#include "evaluate/runner.h"
#include "tensor/tensor.h"

namespace slipway::optimise {

struct Rows {
  std::vector<NamedTensor> inputs;  // [count, …] each
  size_t count = 0;
  std::vector<int32_t> classes;  // classification: [count]; empty when not known
  std::vector<double> values;    // regression: [count]; empty when not known

  /// Rows [begin, end), which borrow from these.
  Rows Slice(size_t begin, size_t end) const;
  /// These rows, in this order; copies.
  Rows Select(std::span<const uint32_t> rows) const;
  /// At most `most` rows, evenly spread.
  Rows Sample(size_t most) const;
};

/// Rows and their right answers, where these are known.
struct LabelledRows {
  Rows rows;
  std::optional<data::Target> target;
  data::Table table;  // the same rows as columns, for slices; no columns where they are no table

  LabelledRows Select(std::span<const uint32_t> rows) const;
  /// At most `most` rows, evenly spread.
  LabelledRows Sample(size_t most) const;
};

/// `calibration` of the rows, evenly spread, at most half of them, and the others: what ranges are
/// taken from is not what is judged by. All of one row is both.
struct CalibrationSplit {
  LabelledRows calibration;
  LabelledRows judged;
};
CalibrationSplit SplitForCalibration(const LabelledRows& rows, size_t calibration);

/// At most `most` of `count` rows.
std::vector<uint32_t> EvenlySpread(size_t count, size_t most);

/// All rows of a table as a model of that signature takes them.
/// @return kBadRequest naming column and input.
StatusOr<Rows> RowsOfTable(const data::Table& table, Signature signature);

/// How many rows `model` takes at once: what its first dimension is fixed to, else `wish`.
size_t BatchOf(const Signature& signature, size_t wish);

/// Runs `model` on batch after batch. The rows that a fixed batch leaves over are not run.
/// @param take  gets the outputs asked for, and the first row of the batch; its error ends it.
Status RunBatches(const evaluate::Runner& model, const Rows& rows, size_t batch,
                  const std::vector<std::string>& outputs,
                  const std::function<Status(std::vector<NamedTensor>, size_t first)>& take);

/// All rows of all outputs, batch after batch: [rows run, …].
StatusOr<std::vector<NamedTensor>> RunRows(const evaluate::Runner& model, const Rows& rows);

}  // namespace slipway::optimise
