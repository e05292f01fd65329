#pragma once
// CatBoost models become ONNX.

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "import/columns.h"
#include "import/graph.h"
#include "import/import.h"
#include "import/predictions.h"

namespace slipway::importing {

/// Imports a model that CatBoost saved: its binary format (.cbm) and its JSON export; symmetric
/// and other trees.
/// Input `input` FP32 [-1, features]; where some features are categories an input [-1, 1] for each
/// feature under its name, or its number: BYTES for categories, else FP32.
/// Outputs, FP64 but labels:
///   Logloss, CrossEntropy, MultiClass, MultiClassOneVsAll
///       `predict` [n]: INT64, BYTES, BOOL or FP64 as the labels are; `predict_proba` [n, classes]
///   MultiLogloss, MultiCrossEntropy   `predict` INT64 [n, T], `predict_proba` [n, T]
///   all others                        `predict` [n], or [n, T] for T targets
/// @return kUnsupported naming the loss, or features of texts and embeddings; kBadModel naming the
///   place; kTooLarge.
/// Threads: any. Source: docs/formats/catboost.md.
StatusOr<Imported> ImportCatboost(std::span<const std::byte> bytes, const Limits& limits = {});

/// The labels of classes by position; none when the file does not say.
struct CatboostClasses {
  DType dtype = DType::kInt64;  // kInt64, kBytes, kBool, kFp64
  std::vector<std::string> texts;
  std::vector<double> numbers;  // of every other type
  size_t size() const { return dtype == DType::kBytes ? texts.size() : numbers.size(); }
};

struct CatboostAnswers {
  Predictions predictions;  // labels are positions in `classes`
  Matrix score;             // FP64 [n, outputs]: what CatBoost calls the raw value
  CatboostClasses classes;  // 0, 1, … when the file does not say
};

/// The columns of the model's input. Cost: reads the whole model.
StatusOr<ModelColumns> CatboostColumns(std::span<const std::byte> bytes, const Limits& limits = {});

/// Writes the model into a graph of other things.
/// @param x  [n, features] of any dtype; cast to FP32.
/// @return as ImportCatboost; kUnsupported when features are categories; kBadModel when x has not
///   as many columns as the model has features.
StatusOr<CatboostAnswers> AddCatboost(Graph& graph, const Matrix& x,
                                      std::span<const std::byte> bytes, const Limits& limits = {});

}  // namespace slipway::importing
