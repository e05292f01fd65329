#pragma once
// The body of a Vertex AI prediction → InferRequest. docs/protocols/vertex.md

#include <string_view>

#include "base/status.h"
#include "infer/request.h"
#include "tensor/signature.h"

namespace slipway::vertex {

/// Reads {"instances": […], "parameters": …}; parameters and other members are checked and ignored.
/// @param request  inputs are appended, their data lies in its arena (memory: instances/rows.h).
/// @return kBadRequest naming the byte, the instance or the input.
Status ReadPredictRequest(std::string_view body, const Signature& signature, InferRequest& request);

}  // namespace slipway::vertex
