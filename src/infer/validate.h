#pragma once
// Does a request fit a model's signature? And if so, which tensor is which input.

#include <absl/container/inlined_vector.h>

#include <memory>

#include "base/status.h"
#include "infer/request.h"
#include "tensor/signature.h"

namespace slipway {

/// A request with every name resolved: what LoadedModel::Run takes.
struct BoundRequest {
  absl::InlinedVector<const Tensor*, 8> inputs;  // by index into signature.inputs; null = left out
  absl::InlinedVector<size_t, 8> outputs;     // indexes into signature.outputs, in the order asked
  std::vector<std::unique_ptr<Tensor>> made;  // what `inputs` points to when infer/table.h made it
};

/// Checks the request against the signature and resolves its names: every required input once, no
/// unknown or duplicate input or output, dtype and shape as declared, data as long as the shape
/// says. A model of a table takes more (infer/table.h). Who asks for no output gets all that are
/// not on_request.
/// @param bound  overwritten; its pointers are valid as long as request.inputs is left alone. Only
///               meaningful when OK.
/// @return kBadRequest, or kTooLarge (infer/table.h), with culprits (20, 900 bytes, "and N more"):
///   `input "x": expected FP32 [-1,30], got FP32 [4,29]; input "y": missing, expected INT64 [1]`.
/// Cost: linear in inputs and outputs (and in the elements of BYTES tensors); no allocation when
/// all is well and names come in the signature's order or are few.
Status Bind(const InferRequest& request, const Signature& signature, BoundRequest& bound);

/// Bind for those who only want to know.
Status Validate(const InferRequest& request, const Signature& signature);

}  // namespace slipway
