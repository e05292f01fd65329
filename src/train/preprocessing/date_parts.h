#pragma once
#include "train/preprocessing/encoder.h"

namespace slipway::train {

/// A column of times (seconds since 1970-01-01T00:00:00Z) as year, month (1 to 12), day (1 to 31),
/// weekday (0 = Monday) and hour of UTC, less the parts in `left_out`. NaN stays NaN.
std::unique_ptr<Encoder> EncodeDate(std::string column, std::vector<std::string> left_out = {});

}  // namespace slipway::train
