#pragma once
// A table and a target → a model in ONNX.

#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "data/cleaning.h"
#include "tensor/signature.h"
#include "train/dataset.h"
#include "train/estimator.h"
#include "train/preprocessing/preprocessor.h"

namespace slipway::train {

/// What is to be trained.
struct Recipe {
  const EstimatorKind* kind = nullptr;
  std::map<std::string, std::string> parameters;  // "max_depth" → "6"
};
/// "boosting max_depth=6"
std::string NameOf(const Recipe& recipe);

struct TrainOptions {
  std::vector<data::CleaningStep> cleaning;  // before all else
  PreprocessOptions preprocessing;
  uint64_t seed = 0;
  Team* team = nullptr;         // never null
  Watch* watch = nullptr;       // may be null
  std::string_view checkpoint;  // a state to go on from; "" = from the beginning
};

/// A point of the learning curve.
struct CurvePoint {
  int64_t iteration = 0;
  double training = 0, validation = 0;  // NaN: not measured
};

struct Trained {
  std::string onnx;
  Signature signature;               // with the labels and, of one input [n,F], the columns
  std::vector<InputColumn> inputs;   // columns that the model takes
  std::string summary;               // "73 trees, stopped early"
  std::vector<std::string> cleaned;  // what steps of cleaning did
  std::vector<std::string> steps;    // of preprocessing
  std::vector<std::string> warnings;
  std::string curve_metric;  // "" without a curve
  std::vector<CurvePoint> curve;
  Duration preprocess_time{}, fit_time{};
};

/// Fits preprocessing and estimator, and writes both as one graph: inputs as Preprocessor::Write
/// has them; outputs `predict` [n] (INT64 or BYTES labels, FP64 numbers) and, of a classifier that
/// knows them, `predict_proba` [n, labels] FP64. The same arguments and team size give the same
/// bytes. With the parameter `early_stopping` the share `validation_share` of the rows is learnt
/// from neither by cleaning nor by preprocessing nor by the estimator, which judges itself by them.
/// @return kBadRequest for a kind of the other task, bad parameters, weights as CheckWeights has
///   them, one class alone among the rows to learn from, and what Divide, FoldsOf, Preprocess and
///   the estimator say.
StatusOr<Trained> Train(const Dataset& rows, const Recipe& recipe, const TrainOptions& options);

/// The columns of `table` that the model takes, in its order.
/// @return kBadRequest naming one that is not there.
StatusOr<data::Table> InputsOf(const Trained& trained, const data::Table& table);

}  // namespace slipway::train
