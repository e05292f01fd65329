#pragma once
// The bytes of an Open Inference Protocol v2 infer request, with Triton's binary tensor data,
// classification and parameter extensions → InferRequest. docs/formats/openinference-json.md

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "base/status.h"
#include "infer/request.h"
#include "protocol/openinference/shared_tensors.h"
#include "tensor/signature.h"

namespace slipway::openinference {

/// Says how many bytes of the body are JSON; the rest are tensors. 0: the body is one raw tensor.
inline constexpr std::string_view kJsonSizeHeader = "Inference-Header-Content-Length";

/// @param header  the value of kJsonSizeHeader, nullopt when it was not sent (all of the body is
/// JSON).
/// @return the length of the JSON; kBadRequest unless it is a whole number from 0 to `body_size`.
StatusOr<size_t> JsonSize(std::optional<std::string_view> header, size_t body_size);

/// Reads a request whose body begins with `json_size` bytes of JSON.
/// @param body     borrowed by `request` for tensors sent as binary data, which are copied only
/// when they
///                 are not aligned to their elements; tensors in JSON are parsed into
///                 request.arena.
/// @param request  was cleared, except that model, version and context.received may be set. A
/// timeout
///                 parameter counts from context.received.
/// @param shared   was cleared; receives the tensors in shared memory, whose data is still to be
///                 fetched. Null: that is not offered.
/// @return kBadRequest naming the input, output, parameter or byte; kNotOffered naming a parameter
///   of an extension that is not offered (sequences, shared memory). `request` is then unspecified.
/// Checked here is what the request alone can tell: grammar, data types, element counts against
/// shapes, sizes of binary data. Whether it fits the model is infer/validate.h's business. Memory:
/// at most 4 bytes for each byte of JSON, whatever shapes it claims. Threads: any, one per request.
Status ReadRequest(std::span<const std::byte> body, size_t json_size, InferRequest& request,
                   SharedTensors* shared = nullptr);

/// Reads a raw binary request (json_size 0 by header): the body is the one input of the model, and
/// all outputs are to be binary.
/// @param batched  the first dimension of the input is the batch; it is 1 here.
/// @return kBadRequest when the model has not exactly one input, or its shape does not follow from
/// the
///   body's size: more than one dimension of any size, or a size that does not divide. A BYTES
///   input must take one element, which the body is.
Status ReadRawRequest(std::span<const std::byte> body, const Signature& signature, bool batched,
                      InferRequest& request);

}  // namespace slipway::openinference
