#pragma once
// InferResponse → the bytes of a ModelInferResponse message. docs/protocols/openinference-grpc.md

#include "base/status.h"
#include "infer/request.h"
#include "transport/http/message.h"

namespace slipway::openinference {

/// Fills body and parts of `response` (cleared before) with the message: outputs as
/// raw_output_contents, or as typed contents when `request` does not want binary outputs. Large raw
/// data goes as parts that keep the tensor's memory alive. An output that goes to shared memory has
/// no contents, or empty ones.
/// @return kBadRequest naming the output when typed contents are asked for and it is FP16 or BF16;
///   `response` is then cleared again.
Status WriteInferMessage(const InferRequest& request, const InferResponse& answer,
                         http::Response& response);

}  // namespace slipway::openinference
