#pragma once
// How good a model's answers are on rows whose right answers are known.

#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "data/table.h"
#include "evaluate/predictions.h"
#include "evaluate/report.h"
#include "evaluate/runner.h"
#include "optimise/pass.h"
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
/// @param weights  of the rows; empty: 1 each.
std::vector<evaluate::Figure> FiguresOf(const data::Target& target,
                                        const evaluate::Predictions& predictions,
                                        std::span<const double> weights);

/// The first figure, on the same rows before and after.
struct Loss {
  evaluate::Figure before, now;
  double most = 0;  // that may be lost for certain, in the metric's unit: the upper end of the
                    // paired 95 % interval, of classes never less than so few rows can show
};
Loss PairedLoss(const data::Target& target, const evaluate::Predictions& before,
                const evaluate::Predictions& now, std::span<const double> weights);

/// OK when so many rows can show, even if no answer changed, that at most `max_loss` is lost: of
/// classes a share of the rows, and of a regression (docs/adr/0060) anything at all. Rows of
/// different weights show as much as fewer alike ones (docs/adr/0083).
/// @return kBadRequest with what it takes.
Status CheckRowsSuffice(const data::Target& target, std::span<const double> weights,
                        double max_loss);

/// What may be lost of a figure: of a share of rows `max_loss`, of a regression's error that share.
double AllowedLoss(const evaluate::Figure& before, double max_loss);

/// @param purpose  "to judge by".
/// @return kBadRequest when no row has any weight.
Status CheckWeights(const LabelledRows& rows, std::string_view purpose);

/// What a pass that needs right answers asks first.
/// @return kBadRequest naming the pass and what is missing: rows, answers, any weight.
Status CheckAnswers(const Workshop& workshop, std::string_view pass);

/// How much worse `now` is than `before`, in the metric's unit; negative when it is better.
double LossOf(const evaluate::Figure& before, const evaluate::Figure& now);

}  // namespace slipway::optimise
