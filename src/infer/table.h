#pragma once
// Inputs of models that see a table of numbers: scikit-learn and its kin take whatever holds
// numbers, and clients of their servers send it as they have it.

#include <string_view>
#include <vector>

#include "base/status.h"
#include "tensor/signature.h"
#include "tensor/tensor.h"

namespace slipway {

/// True when the model has one input, [n,F], that is a table.
bool TakesTable(const Signature& signature);

/// What was sent, as the input `spec`, part of a table: texts for BYTES, else numbers of any dtype,
/// and texts for times; [n] for [n,1].
/// @return as ReadTable. Texts are shared, not copied.
StatusOr<Tensor> ReadPart(const TensorSpec& spec, const NamedTensor& sent);

/// What was sent, as the input `spec` of TakesTable: one tensor [n,F] under any name, or one tensor
/// [n] or [n,1] a column, called as spec.columns says, in any order; in the order sent where it
/// says nothing.
/// @param sent  at least one.
/// @return a tensor of spec.dtype that owns its data; kBadRequest naming the culprit, expected,
/// got; kTooLarge above 256 MiB. Conversion is numpy's astype: integers to the nearest
/// floating-point number, FP64 to the nearest FP32.
StatusOr<Tensor> ReadTable(const TensorSpec& spec, const std::vector<NamedTensor>& sent);

}  // namespace slipway
