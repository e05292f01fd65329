#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"
#include "tensor/tensor.h"

namespace slipway {

/// The classification extension: for each row the `k` largest values as BYTES "value:index[:label]",
/// largest first, ties by index. Rank 0 and 1 give [min(k,n)]; higher ranks keep the first dimension
/// when `batched` and flatten the rest.
/// @return kBadRequest for BYTES or BOOL tensors.
/// Source: Triton docs/protocol/extension_classification.md
StatusOr<Tensor> Classify(const Tensor& values, uint32_t k, bool batched,
                          const std::vector<std::string>& labels);

}  // namespace slipway
