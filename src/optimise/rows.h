#pragma once
// Rows that a model is run on: what its inputs get.

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "data/split.h"
#include "data/table.h"
#include "evaluate/runner.h"
#include "tensor/tensor.h"

namespace slipway::optimise {

struct Rows {
  std::vector<NamedTensor> inputs;  // [count, …] each
  size_t count = 0;

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
  std::vector<double> weights = {};        // [count] of figures and losses; empty: 1 each
  std::optional<data::Column> group = {};  // rows of one value stay on one side of every split
  std::optional<data::Column> time = {};   // later rows judge earlier ones

  double weight(size_t row) const { return weights.empty() ? 1.0 : weights[row]; }
  /// How they may be divided, as train/dataset.h has it; borrows from these rows.
  data::SplitOptions Splitting(uint64_t seed) const;
  LabelledRows Select(std::span<const uint32_t> rows) const;
  /// At most `most` rows, evenly spread.
  LabelledRows Sample(size_t most) const;
};

/// Rows to calibrate, choose and learn by, and rows to judge by.
struct CalibrationSplit {
  LabelledRows calibration;
  LabelledRows judged;
};

/// `calibration` of the rows, at most half of them (whole groups: about as many), and the others.
/// All of one row is both.
/// @return kBadRequest when they cannot be divided so: a group alone.
StatusOr<CalibrationSplit> SplitForCalibration(const LabelledRows& rows, size_t calibration);

/// At most `most` of `count` rows.
std::vector<uint32_t> EvenlySpread(size_t count, size_t most);

/// All rows of a table as a model of that signature takes them.
/// @return kBadRequest naming column and input.
StatusOr<Rows> RowsOfTable(const data::Table& table, Signature signature);

/// How many rows `model` takes at once: what its first dimension is fixed to, else `wish`.
size_t BatchOf(const Signature& signature, size_t wish);

/// @return kBadRequest when a fixed batch would leave rows over.
Status CheckWholeBatches(const Signature& signature, const Rows& rows);

/// Runs `model` on batch after batch. The rows that a fixed batch leaves over are not run.
/// @param take  gets the outputs asked for, and the first row of the batch; its error ends it.
Status RunBatches(const evaluate::Runner& model, const Rows& rows, size_t batch,
                  const std::vector<std::string>& outputs,
                  const std::function<Status(std::vector<NamedTensor>, size_t first)>& take);

/// All rows of all outputs, batch after batch: [rows run, …].
StatusOr<std::vector<NamedTensor>> RunRows(const evaluate::Runner& model, const Rows& rows);

}  // namespace slipway::optimise
