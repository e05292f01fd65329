#pragma once
#include <vector>

#include "base/status.h"
#include "infer/request.h"
#include "tensor/signature.h"

namespace slipway {

/// Checks the request against the signature: every required input once, no unknown or duplicate
/// input or output, dtype and shape as declared, data as long as the shape says.
/// @return kBadRequest listing every culprit (the first 20), e.g.
///   `input "x": expected FP32 [-1,30], got FP32 [4,29]`.
/// Cost: no allocation when all is well.
Status Validate(const InferRequest& request, const Signature& signature);

}  // namespace slipway
