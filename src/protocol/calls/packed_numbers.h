#pragma once
// A tensor's elements as a repeated field of varints, whichever message that is in.

#include <cstdint>
#include <string>

#include "tensor/tensor.h"

namespace slipway {

/// Appends field `number`, packed. Whole numbers and BOOL, a negative one as the varint of its 64
/// bits; FP16 and BF16 by their bits; nothing for other data types.
void AppendPackedNumbers(const Tensor& tensor, uint32_t number, std::string& out);

}  // namespace slipway
