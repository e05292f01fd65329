#pragma once
// The answers of classify and regress: which outputs they are made of, and their bytes.
// Source: TensorFlow Serving g3doc/api_rest.md; the key is "results", as the server writes it.

#include <string>
#include <vector>

#include "base/status.h"
#include "tensor/signature.h"
#include "tensor/tensor.h"

namespace slipway::tfserving {

/// Names of the outputs that answer classify.
struct ClassifyOutputs {
  std::string scores;
  std::string classes;  // BYTES, a name for each score; "" when the model gives none
};

/// The float output "scores", or "probabilities", or the only float output; and the BYTES output
/// "classes".
/// @return kBadRequest when there is none or it cannot be told which.
StatusOr<ClassifyOutputs> FindClassifyOutputs(const Signature& signature);

/// The float output "outputs", or the only float output. Errors as FindClassifyOutputs.
StatusOr<std::string> FindRegressOutput(const Signature& signature);

/// @param scores   [n, classes] or [n].
/// @param classes  BYTES of the same shape, or null.
/// @return kBadRequest for other shapes.
Status CheckClassifications(const Tensor& scores, const Tensor* classes);

/// @param values  [n] or [n,1]; kBadRequest for other shapes.
Status CheckRegressions(const Tensor& values);

/// Appends {"results":[[["cat",0.9],["dog",0.1]],…]}.
/// @param scores, classes  as CheckClassifications has them; floats. Without classes names are
///   `labels` by index, "" beyond them.
/// @return its errors; `out` is then unspecified.
Status WriteClassifications(const Tensor& scores, const Tensor* classes,
                            const std::vector<std::string>& labels, std::string& out);

/// Appends {"results":[1.5,…]}.
/// @param values  floats. Errors as CheckRegressions.
Status WriteRegressions(const Tensor& values, std::string& out);

}  // namespace slipway::tfserving
