#pragma once
// LightGBM models become ONNX.

#include <cstdint>
#include <string_view>

#include "base/status.h"
#include "import/columns.h"
#include "import/graph.h"
#include "import/import.h"
#include "import/predictions.h"

namespace slipway::importing {

/// Imports a model that LightGBM saved as text: Booster.save_model, and the string inside a pickled
/// Booster.
/// Input `input` FP64 [-1, features]; a categorical feature holds its code. A model of a table
/// whose columns hold words has an input for each column (AddInput). Outputs, all FP64 but labels:
///   binary, multiclass, multiclassova   `predict` INT64 [n], `predict_proba` [n, classes]
///   all others                          `predict` [n], or [n, T] for T scores of a custom
///   objective
/// @return kUnsupported naming the objective, version or linear trees; kBadModel naming the tree
///   and the line's key.
/// Threads: any. Source: docs/formats/lightgbm.md.
StatusOr<Imported> ImportLightgbm(std::string_view text, const Limits& limits = {});

struct LightgbmOptions {
  /// How many rounds answer: a pickled estimator's best_iteration. 0: all that are in the text.
  int64_t rounds = 0;
};

/// The columns of the model's input. Cost: reads the whole model.
StatusOr<ModelColumns> LightgbmColumns(std::string_view text, const Limits& limits = {});

/// Writes the model into a graph of other things.
/// @param source  gives x, [n, features] of any dtype, which is cast to FP64.
/// @return as ImportLightgbm; kBadModel when x has not as many columns as the model has features.
StatusOr<Predictions> AddLightgbm(Graph& graph, const ColumnSource& source, std::string_view text,
                                  const Limits& limits = {}, const LightgbmOptions& options = {});

}  // namespace slipway::importing
