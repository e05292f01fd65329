#pragma once
// How the classifiers and regressors of ai.onnx.ml end.

#include <string_view>

#include "engine/tabular/lowering.h"

namespace slipway::tabular {

/// classlabels_strings, or integers under either of their names.
std::shared_ptr<const Tensor> ClassLabels(const Lowering& node);

/// `scores` after NONE, LOGISTIC or SOFTMAX. @return kUnsupported for others.
StatusOr<Value> EmitPostTransform(Lowering& node, const Value& scores, std::string_view name);

/// Gives output 0 the label of the largest score and output 1 the transformed scores.
/// @return kUnsupported unless there is a score for each of at least two labels.
Status GiveClasses(Lowering& node, const Value& scores, std::string_view transform);

}  // namespace slipway::tabular
