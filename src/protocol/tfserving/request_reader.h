#pragma once
// The body of TensorFlow Serving's predict → InferRequest. docs/protocols/tfserving.md

#include <string_view>

#include "base/status.h"
#include "infer/request.h"
#include "tensor/signature.h"
#include "text/json_reader.h"

namespace slipway::tfserving {

/// Which form a request had; its answer has the same.
enum class Format : uint8_t { kRows, kColumns };  // "instances", "inputs"

/// How the one signature of a model is called.
inline constexpr std::string_view kSignatureName = "serving_default";

/// Reads {"instances": …} or {"inputs": …}, with "signature_name" if need be; other members are
/// checked and ignored. NaN tokens are numbers.
/// @param request  inputs are appended, their data lies in its arena (memory: instances/rows.h).
/// @return kBadRequest naming the byte, the instance or the input; both members or neither; another
///   signature than kSignatureName.
StatusOr<Format> ReadPredictRequest(std::string_view body, const Signature& signature,
                                    InferRequest& request);

/// Reads "signature_name": kBadRequest unless it is kSignatureName or "".
Status ReadSignatureName(JsonReader& json);

}  // namespace slipway::tfserving
