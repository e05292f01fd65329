#pragma once
// The body of KServe's own servers' predict, protocol v1 → InferRequest. docs/protocols/kserve.md

#include <string_view>

#include "base/status.h"
#include "infer/request.h"
#include "tensor/signature.h"

namespace slipway::tfserving {

/// Reads {"inputs": …}, else {"instances": …}: a list of rows, or of data frames
/// (instances/json_table.h). Other members are checked and ignored. NaN tokens are numbers.
/// @param request  inputs are appended, their data lies in its arena or is owned.
/// @return kBadRequest naming the byte, or row and column; neither member.
/// Source: kserve/kserve, python/kserve/kserve/utils/utils.py, get_predict_input
Status ReadKserveRequest(std::string_view body, const Signature& signature, InferRequest& request);

}  // namespace slipway::tfserving
