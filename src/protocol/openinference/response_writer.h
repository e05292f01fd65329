#pragma once
// InferResponse → the bytes of an Open Inference Protocol v2 answer.
// docs/formats/openinference-json.md

#include "base/status.h"
#include "infer/request.h"
#include "transport/http/message.h"

namespace slipway::openinference {

/// Fills `response` (cleared before) with JSON and, for the outputs that `request` wants binary,
/// their bytes after it; large ones go as parts that keep the tensor's memory alive. Of outputs
/// that it wants in shared memory name, data type and shape are told.
/// @param request  gives the id and each output's form; answer.outputs are in the order it asks
/// for.
/// @return kBadRequest naming the output when an element has no JSON form (NaN, an infinity, BYTES
/// that
///   are not UTF-8), telling the client to ask for binary data; `response` is then cleared again.
Status WriteResponse(const InferRequest& request, const InferResponse& answer,
                     http::Response& response);

/// The same. @param json_size  receives how many bytes of the answer are JSON when others follow,
/// else 0.
Status WriteResponse(const InferRequest& request, const InferResponse& answer,
                     http::Response& response, size_t* json_size);

}  // namespace slipway::openinference
