#pragma once
// XGBoost models become ONNX.

#include <cstddef>
#include <span>

#include "base/status.h"
#include "import/import.h"

namespace slipway::importing {

/// Imports a model that XGBoost saved: JSON, UBJSON, the binary format of versions before 3.1, and
/// the bytes inside a pickled Booster (its state's "handle").
/// Input `input` FP32 [-1, features]; NaN is missing; a categorical feature holds its code.
/// Outputs, all FP32 but labels:
///   binary:logistic, multi:*   `predict` INT64 [n], `predict_proba` [n, classes]
///   binary:logistic of T labels   `predict` INT64 [n, T], `predict_proba` [n, T]
///   binary:hinge               `predict` INT64 [n]
///   all others                 `predict` [n], or [n, T] for T targets or quantiles
/// A model that was stopped early answers with its best rounds, as XGBoost's scikit-learn wrapper
/// does; a warning says so.
/// @return kUnsupported naming the booster or objective; kBadModel naming the place.
/// Threads: any. Source: docs/formats/xgboost.md.
StatusOr<Imported> ImportXgboost(std::span<const std::byte> bytes, const Limits& limits = {});

}  // namespace slipway::importing
