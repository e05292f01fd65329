#pragma once
// InferResponse → the answer of POST /predictions/{model}, as TorchServe's default handlers shape
// it. docs/protocols/torchserve.md

#include <span>
#include <string>

#include "base/status.h"
#include "protocol/torchserve/prediction_reader.h"
#include "tensor/signature.h"
#include "tensor/tensor.h"

namespace slipway::torchserve {

/// So many classes of a row are told, the likeliest first.
/// Source: TorchServe ts/torch_handler/image_classifier.py
inline constexpr size_t kTopClasses = 5;

/// Appends a list with a value for each row, `.tolist()` of the output; an object by name where
/// there are several outputs. The only output, if it is FP32 or FP64 and has a label for each
/// column, is an object for each row: {"tabby": 0.45, …}, the kTopClasses best. Form::kRow: that of
/// the one row alone, when there is one.
/// @param signature  of the model's outputs, for labels.
/// @return kBadRequest naming the output that has no rows, or BYTES that are not UTF-8; `out` is
///   then unspecified.
Status WritePredictions(std::span<const NamedTensor> outputs, const Signature& signature, Form form,
                        std::string& out);

}  // namespace slipway::torchserve
