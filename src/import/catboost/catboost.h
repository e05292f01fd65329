#pragma once
// CatBoost models become ONNX.

#include <cstddef>
#include <span>

#include "base/status.h"
#include "import/import.h"

namespace slipway::importing {

/// Imports a model that CatBoost saved: its binary format (.cbm) and its JSON export; symmetric
/// and other trees.
/// Input `input` FP32 [-1, features]. Outputs, FP64 but labels:
///   Logloss, CrossEntropy, MultiClass, MultiClassOneVsAll
///       `predict` [n]: INT64, BYTES, BOOL or FP64 as the labels are; `predict_proba` [n, classes]
///   MultiLogloss, MultiCrossEntropy   `predict` INT64 [n, T], `predict_proba` [n, T]
///   all others                        `predict` [n], or [n, T] for T targets
/// @return kUnsupported naming the loss, or the kind of feature: categories, texts and embeddings
///   are kept as hashes and statistics; kBadModel naming the place.
/// Threads: any. Source: docs/formats/catboost.md.
StatusOr<Imported> ImportCatboost(std::span<const std::byte> bytes, const Limits& limits = {});

}  // namespace slipway::importing
