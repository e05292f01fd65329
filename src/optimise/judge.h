#pragma once
// How good a model's answers are on rows whose right answers are known.

#include <string>
#include <vector>

#include "base/status.h"
#include "data/table.h"
#include "evaluate/predictions.h"
#include "evaluate/report.h"
#include "evaluate/runner.h"
#include "optimise/rows.h"

namespace slipway::optimise {

/// The target of rows, with the classes that the model knows and no row has.
/// @param signature  of the original model, which knows its labels.
/// @param rows       with a target.
StatusOr<data::Target> TargetFor(const Signature& signature, const LabelledRows& rows);

/// @return one prediction a row; kBadRequest when the model's outputs are not what the target
///   needs, or rows are left over that a fixed batch does not take.
StatusOr<evaluate::Predictions> PredictRows(const evaluate::Runner& model,
                                            const Signature& signature, const Rows& rows,
                                            const data::Target& target);

/// The figures of evaluate/metrics.h, most telling first, with their intervals.
std::vector<evaluate::Figure> FiguresOf(const data::Target& target,
                                        const evaluate::Predictions& predictions);

/// How much worse `now` is than `before`, in the metric's unit; negative when it is better.
double LossOf(const evaluate::Figure& before, const evaluate::Figure& now);

}  // namespace slipway::optimise
