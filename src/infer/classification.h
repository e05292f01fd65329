#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"
#include "tensor/tensor.h"

namespace slipway {

/// Most strings that one output's classification may have.
inline constexpr int64_t kMaxClassifications = int64_t{1} << 20;

/// The classification extension: for each row the `k` largest values as BYTES
/// "value:index[:label]", largest first, ties by index, NaN last. Values are written so that they
/// read back exactly.
/// @param batched  the first dimension counts rows: the result is [rows, min(k,n)], n being the
///                 product of the other dimensions. Otherwise, or for rank 0, the whole tensor is
///                 one row and the result is [min(k,n)].
/// @param labels   by index within the row; what it lacks or has empty is left out.
/// @return kBadRequest for BYTES or BOOL tensors and for more than kMaxClassifications.
/// Cost: O(n log k) a row.
/// Source: Triton docs/protocol/extension_classification.md
StatusOr<Tensor> Classify(const Tensor& values, uint32_t k, bool batched,
                          const std::vector<std::string>& labels);

}  // namespace slipway
