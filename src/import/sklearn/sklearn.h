#pragma once
// Fitted scikit-learn estimators become ONNX. docs/formats/scikit-learn.md says which attributes
// are read.

#include <string_view>
#include <vector>

#include "base/status.h"
#include "import/import.h"
#include "import/pickle/reader.h"

namespace slipway::importing {

/// Imports the fitted estimator that `document` holds, from scikit-learn 0.20 to 1.9.
/// One input "input", FP64 or BYTES [-1, F]; of a table with both kinds, an input [-1, 1] for each
/// column that is used, under its name. Outputs: classifiers `predict` and `predict_proba` or
/// `decision_function` (of several targets `predict` [n, T], and `predict_proba_0`, …); regressors
/// `predict`; clusterers `predict` and `transform`; outlier
/// detectors `predict` and `decision_function`; transformers `transform`.
/// @return kUnsupported naming the class, parameter or global that has no counterpart; kBadModel
///   "LogisticRegression: coef_: expected a number array [2,30], got a dict".
/// kTooLarge naming the place where reading or writing goes beyond limits.AllowanceFor.
/// Threads: any. Cost: linear in what is read, twice that for tables with text.
StatusOr<Imported> ImportScikitLearn(const pickle::Document& document, const Limits& limits = {});

/// Whether a pickle of a fitted estimator may name this class or function: the allow-list of
/// pickle::ReadOptions. ImportScikitLearn asks it too, and explains what it refuses.
bool AllowedInScikitLearn(std::string_view module, std::string_view name);

/// A row of the table of supported estimators in the documentation.
struct SupportedEstimator {
  std::string_view package;  // "sklearn.linear_model"
  std::string_view name;     // "LogisticRegression"
  std::string_view kind;     // "classifier"
};
/// Ordered by package and name.
std::vector<SupportedEstimator> SupportedEstimators();

}  // namespace slipway::importing
