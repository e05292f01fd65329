#pragma once
// ClassificationResult and RegressionResult: results.h in protobuf's form.
// Source: tensorflow_serving/apis/classification.proto, regression.proto

#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"
#include "tensor/tensor.h"

namespace slipway::tfserving {

/// Appends a ClassificationResult as field `number`. Parameters and errors as WriteClassifications.
Status AppendClassifications(uint32_t number, const Tensor& scores, const Tensor* classes,
                             const std::vector<std::string>& labels, std::string& out);

/// Appends a RegressionResult as field `number`. Parameters and errors as WriteRegressions.
Status AppendRegressions(uint32_t number, const Tensor& values, std::string& out);

}  // namespace slipway::tfserving
