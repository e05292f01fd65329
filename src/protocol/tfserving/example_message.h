#pragma once
// Input, the examples of classify and regress over gRPC → InferRequest.
// Source: tensorflow_serving/apis/input.proto, tensorflow/core/example/feature.proto

#include <string_view>

#include "base/status.h"
#include "infer/request.h"
#include "protocol/tfserving/repeated_bytes.h"
#include "tensor/signature.h"

namespace slipway::tfserving {

/// Reads examples whose features are the model's inputs by name, with a context or without; the
/// shape of a feature within its example is what the signature says.
/// @param input    the bytes of an Input.
/// @param request  inputs are appended. Memory: at most 8 bytes for each byte of `input`, and what
///   the context takes, which is repeated for each example.
/// @param repeated  of this request.
/// @return kBadRequest naming the example and the feature: malformed, no example, an unknown
///   feature, one given twice, not in every example, of varying length, of another kind than its
///   input, or of a length that the input cannot have. Errors of RepeatedBytes.
Status ReadExampleInput(std::string_view input, const Signature& signature, InferRequest& request,
                        RepeatedBytes& repeated);

}  // namespace slipway::tfserving
