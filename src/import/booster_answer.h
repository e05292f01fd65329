#pragma once
// What Booster.predict answers, in the place of what the estimator around it would.

#include "base/status.h"
#include "import/import.h"

namespace slipway::importing {

/// Makes `predict` of a classifier with `predict_proba` [n,C] what XGBoost's and LightGBM's
/// Booster.predict gives: the probability [n] of the second of two classes, those of all [n,C] of
/// more, and labels are no longer computed; or, where imported.scores_are_labels, the labels as
/// FP32. Other models stay as they are.
/// @return kBadModel when imported.model is no ONNX; kTooLarge above what protobuf writes.
Status AnswerAsBooster(Imported& imported);

}  // namespace slipway::importing
