#pragma once
// How the classifiers and regressors of ai.onnx.ml end.

#include <string_view>

#include "engine/tabular/lowering.h"

namespace slipway::tabular {

/// Emits softmax over groups of `length` neighbours; x is FP32 or FP64.
void EmitSoftmax(Lowering& node, const Value& x, const Value& y, size_t length);

/// The first largest of [n, k], as INT64 [n]; x is FP32 or FP64.
Value EmitArgMax(Lowering& node, const Value& x);

/// Entries of a constant table by INT64 rows.
Value EmitLookup(Lowering& node, const Value& index, std::shared_ptr<const Tensor> table);

/// classlabels_strings, or integers under either of their names.
StatusOr<std::shared_ptr<const Tensor>> ClassLabels(const Lowering& node);

/// `scores` after NONE, LOGISTIC or SOFTMAX. @return kUnsupported for others.
StatusOr<Value> EmitPostTransform(Lowering& node, const Value& scores, std::string_view name);

/// Gives output 0 the label of the largest score and output 1 the transformed scores.
/// @return kUnsupported unless there is a score for each of at least two labels.
Status GiveClasses(Lowering& node, const Value& scores, std::string_view transform);

}  // namespace slipway::tabular
