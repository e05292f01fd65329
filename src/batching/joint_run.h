#pragma once
// Requests run as one: their rows joined on the way in, the answers split on the way out. And one
// request run as several.

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/engine.h"
#include "infer/validate.h"

namespace slipway::batching {

/// One request of a joint run.
struct JointPart {
  const BoundRequest* bound;  // every input has `rows` rows
  int64_t rows;
  std::vector<Tensor>* results;  // receives its rows of each output
};

/// True when the two can run as one: the same inputs given, of the same type and shape but for the
/// number of rows, and the same outputs wanted.
bool CanJoin(const BoundRequest& a, const BoundRequest& b);

/// Runs `model` once on the rows of all parts, in their order. Any two of them can join.
/// @return what LoadedModel::Run does, and kInternal when an output has not one row for each row of
///   the inputs. Results are then unspecified, and the parts may still run one by one.
Status RunJoined(const LoadedModel& model, std::span<const JointPart> parts,
                 const RunOptions& options);

/// The rows of one request in pieces, one after the other. When the outputs of the pieces do not
/// fit together, all rows are the last piece. Keeps the outputs so far; of the inputs it copies
/// nothing. Threads: one at a time.
class PiecewiseRun {
 public:
  /// @param bound  outlives this. @param rows  of every input. @param most  of a piece.
  PiecewiseRun(const BoundRequest& bound, int64_t rows, int64_t most);

  /// Rows that have not run; 0: done.
  int64_t rows_left() const { return rows_ - done_; }
  /// Rows of the next piece.
  int64_t next_rows() const { return std::min(most_, rows_left()); }

  /// @param results  the request's, once it is done.
  /// @return what LoadedModel::Run does. After an error this is of no further use.
  Status RunNext(const LoadedModel& model, const RunOptions& options, std::vector<Tensor>& results);

 private:
  StatusOr<Tensor> Cut(size_t input, int64_t rows);
  void BeginAgain(int64_t most);

  const BoundRequest& bound_;
  const int64_t rows_;
  int64_t most_;
  int64_t done_ = 0;
  std::vector<size_t> cut_;  // bytes of each input
  std::vector<int64_t> sizes_;
  std::vector<std::vector<Tensor>> pieces_;  // their outputs
};

/// The rows of all `parts`, which are alike but for their number.
Tensor JoinRows(std::span<const Tensor* const> parts, int64_t rows);

/// Cuts `joint` into tensors of rows[i] rows. @return kInternal when it has not as many.
StatusOr<std::vector<Tensor>> SplitRows(const Tensor& joint, std::span<const int64_t> rows);

}  // namespace slipway::batching
