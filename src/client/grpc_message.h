#pragma once
// Messages of inference.GRPCInferenceService, the client's side
// (proto/inference/grpc_service.proto).

#include <string>
#include <string_view>

#include "base/status.h"
#include "client/infer_client.h"
#include "infer/request.h"
#include "tensor/signature.h"

namespace slipway::client {

/// ModelMetadataRequest. @param version  "" = the server chooses
std::string WriteModelMetadata(std::string_view name, std::string_view version);
/// ModelMetadataResponse. kIo when it is none.
StatusOr<Signature> ReadModelMetadata(std::string_view message);

/// ModelInferRequest with every tensor in raw_input_contents.
std::string WriteModelInfer(std::string_view name, std::string_view version,
                            const InferRequest& request);
/// A ModelInferResponse, its outputs from raw_output_contents. kIo when it does not add up.
StatusOr<InferAnswer> ReadModelInfer(std::string_view message);

}  // namespace slipway::client
