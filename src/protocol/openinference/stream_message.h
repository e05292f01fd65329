#pragma once
// ModelStreamInferResponse messages, as Triton fills them for models with one answer a request.
// docs/protocols/openinference-grpc.md

#include "base/status.h"
#include "infer/request.h"
#include "transport/http/streaming.h"

namespace slipway::openinference {

/// The answer that WriteInferMessage wrote, marked as the final one of its request.
http::StreamMessage StreamAnswer(http::Response&& answer);

/// Why there is none; with the id and the names of its request.
http::StreamMessage StreamError(const InferRequest& request, const Status& why);

}  // namespace slipway::openinference
