#pragma once
// Any model → a small one of another kind that answers alike.

#include "base/status.h"
#include "evaluate/runner.h"
#include "optimise/rows.h"
#include "train/trainer.h"

namespace slipway::optimise {

/// Trains a student on what the teacher says of the rows: its values, or, of classes, its
/// probabilities: a row counts once for each class, by its probability and its own weight, which
/// has the same optimum as the cross-entropy with soft labels. Without probabilities, its classes.
/// @param teacher  its signature says its labels.
/// @param rows     as columns, with what ties them; of the target task and labels: its answers are
///   not read.
/// @return kBadRequest when the teacher says the same of every row; what training answers.
/// Source: Hinton, Vinyals and Dean, "Distilling the Knowledge in a Neural Network" (2015).
StatusOr<train::Trained> Distil(const evaluate::Runner& teacher, const LabelledRows& rows,
                                const train::Recipe& student, const train::TrainOptions& options);

}  // namespace slipway::optimise
