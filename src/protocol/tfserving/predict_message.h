#pragma once
// PredictRequest → InferRequest, InferResponse → PredictResponse. docs/protocols/tfserving-grpc.md
// Source: tensorflow_serving/apis/predict.proto

#include <cstddef>
#include <span>

#include "base/status.h"
#include "infer/request.h"
#include "lifecycle/served_version.h"
#include "protocol/tfserving/repeated_bytes.h"
#include "transport/http/message.h"

namespace slipway::tfserving {

/// @param message  borrowed by `request` where a tensor allows it (tensor_proto.h).
/// @param request  was cleared, but for its context; has the model's name and version even when an
///   input is refused, if they stand before it.
/// @param repeated  of this request.
/// @return errors naming the input as TensorProtoReader has them; those of ReadModelSpec;
///   kPreconditionFailed for a signature that a model does not have.
Status ReadPredictMessage(std::span<const std::byte> message, InferRequest& request,
                          RepeatedBytes& repeated);

/// Fills body and parts of `response`. Large outputs of floats go as parts that keep their memory
/// alive.
void WritePredictMessage(const lifecycle::ServedVersion& version, const InferResponse& answer,
                         http::Response& response);

}  // namespace slipway::tfserving
