#pragma once
// The body of TensorFlow Serving's classify and regress → InferRequest: examples of features, which
// are the model's inputs by name. docs/protocols/tfserving.md

#include <string>
#include <string_view>

#include "base/status.h"
#include "infer/request.h"
#include "protocol/tfserving/repeated_bytes.h"
#include "tensor/signature.h"

namespace slipway::tfserving {

/// A name as messages show it, at most 60 bytes.
std::string Quote(std::string_view name);

/// Reads {"examples": [{"a": 1, "b": [2,3]}, …], "context": {"c": 4}}, with "signature_name" if
/// need be; other members are checked and ignored. A feature is a value or a flat list of them: its
/// shape within the example is what the signature says.
/// @param request  inputs are appended, their data lies in its arena.
/// @param repeated  of this request: a context is meant for every example.
/// @return kBadRequest naming the byte, or the example and the feature: no example, an unknown
///   feature, one given twice, not in every example, of varying length, or of a length that the
///   input cannot have. Errors of RepeatedBytes.
Status ReadExamples(std::string_view body, const Signature& signature, InferRequest& request,
                    RepeatedBytes& repeated);

/// The shape of an input whose `width` values in each of `examples` lie flat.
/// @return kBadRequest when the input can have none such.
StatusOr<Shape> FeatureShape(const TensorSpec& spec, size_t examples, size_t width);

}  // namespace slipway::tfserving
