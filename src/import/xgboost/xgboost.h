#pragma once
// XGBoost models become ONNX.

#include <cstddef>
#include <limits>
#include <span>

#include "base/status.h"
#include "import/columns.h"
#include "import/graph.h"
#include "import/import.h"
#include "import/predictions.h"

namespace slipway::importing {

/// How what is around a Booster uses it.
struct XgboostOptions {
  /// After early stopping only the best rounds answer: XGBClassifier and its like. A Booster uses
  /// all that it has.
  bool best_rounds = true;
  float missing = std::numeric_limits<float>::quiet_NaN();  // this value is missing too
};

/// Imports a model that XGBoost saved: JSON, UBJSON, the binary format of versions before 3.1, and
/// the bytes inside a pickled Booster (its state's "handle").
/// Input `input` FP32 [-1, features]; NaN is missing; a categorical feature holds its code. A model
/// of a table whose columns hold words, since 3.1, has an input for each column (AddInput).
/// Outputs, all FP32 but labels:
///   binary:logistic, multi:*   `predict` INT64 [n], `predict_proba` [n, classes]
///   binary:logistic of T labels   `predict` INT64 [n, T], `predict_proba` [n, T]
///   binary:hinge               `predict` INT64 [n]
///   all others                 `predict` [n], or [n, T] for T targets or quantiles
/// A model that was stopped early answers with its best rounds, as XGBoost's scikit-learn wrapper
/// does; a warning says so.
/// @return kUnsupported naming the booster or objective; kBadModel naming the place.
/// Threads: any. Source: docs/formats/xgboost.md.
StatusOr<Imported> ImportXgboost(std::span<const std::byte> bytes, const Limits& limits = {},
                                 const XgboostOptions& options = {});

/// The columns of the model's input. Cost: reads the whole model.
StatusOr<ModelColumns> XgboostColumns(std::span<const std::byte> bytes, const Limits& limits = {});

/// Writes the model into a graph of other things.
/// @param source  gives x, [n, features] of any dtype, which is cast to FP32.
/// @return as ImportXgboost; kBadModel when x has not as many columns as the model has features.
StatusOr<Predictions> AddXgboost(Graph& graph, const ColumnSource& source,
                                 std::span<const std::byte> bytes, const Limits& limits = {},
                                 const XgboostOptions& options = {});

}  // namespace slipway::importing
