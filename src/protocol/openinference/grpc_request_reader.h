#pragma once
// The bytes of a ModelInferRequest message → InferRequest. docs/protocols/openinference-grpc.md

#include <cstddef>
#include <span>

#include "base/status.h"
#include "infer/request.h"
#include "protocol/openinference/shared_tensors.h"

namespace slipway::openinference {

/// Reads the request of ModelInfer.
/// @param message  borrowed by `request` for raw_input_contents that are aligned to their elements;
///                 all other data is copied into request.arena.
/// @param request  was cleared, except that context.received and context.deadline may be set. A
///                 timeout parameter counts from context.received. Outputs are raw unless the
///                 parameter binary_data_output says otherwise.
/// @param shared   as for ReadRequest.
/// @return kBadRequest naming the input, output, parameter or field; kNotOffered naming a parameter
/// of
///   an extension that is not offered (sequences, shared memory). `request` then holds what came
///   before, its model name if that stood first.
/// Checked here is what the request alone can tell, as ReadRequest does. Memory: at most 8 bytes
/// for each byte of the message, whatever shapes it claims. Threads: any, one per request.
Status ReadInferMessage(std::span<const std::byte> message, InferRequest& request,
                        SharedTensors* shared = nullptr);

}  // namespace slipway::openinference
