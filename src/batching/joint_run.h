#pragma once
// Requests run as one: their rows joined on the way in, the answers split on the way out. And one
// request run as several.

#include <cstdint>
#include <functional>
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

/// Runs `model` on the rows of one request, in pieces of at most `most`, one after the other; whole
/// when the outputs of the pieces do not fit together.
/// @param rows  of every input.
/// @param on_run  told how many rows have run, after each; its error ends the request.
/// @return what LoadedModel::Run and `on_run` do. Results are unspecified when that is an error.
Status RunInPieces(const LoadedModel& model, const BoundRequest& bound, int64_t rows, int64_t most,
                   const RunOptions& options, std::vector<Tensor>& results,
                   const std::function<Status(int64_t rows)>& on_run);

/// The rows of all `parts`, which are alike but for their number.
Tensor JoinRows(std::span<const Tensor* const> parts, int64_t rows);

/// Cuts `joint` into tensors of rows[i] rows. @return kInternal when it has not as many.
StatusOr<std::vector<Tensor>> SplitRows(const Tensor& joint, std::span<const int64_t> rows);

}  // namespace slipway::batching
