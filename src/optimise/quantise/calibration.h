#pragma once
// Which part of its range a value uses: what INT8 must be able to say.

#include <string>
#include <vector>

#include "base/status.h"
#include "base/string_map.h"
#include "onnx/onnx.pb.h"
#include "optimise/pass.h"

namespace slipway::optimise {

struct Range {
  float low = 0, high = 0;
};

enum class RangeRule : uint8_t {
  kMinMax,      // all that was seen
  kPercentile,  // all but a share of the outermost values
  kEntropy,     // where what is cut off and what is rounded lose the least information together
};

struct CalibrationOptions {
  RangeRule rule = RangeRule::kMinMax;
  double percentile = 99.99;  // of kPercentile: what lies inside
};

/// Runs `model` on the workshop's rows, with these values of its graph, all FP32, as further
/// outputs.
/// @return the range of each, 0 included (padding is zero); kBadRequest when a value is infinite or
///   NaN on some row, naming it; what running the model answers.
/// Cost: one run over the rows for kMinMax, two for the others; memory for the values of 8 rows.
StatusOr<StringMap<Range>> Calibrate(const ::onnx::ModelProto& model,
                                     const std::vector<std::string>& values,
                                     const Workshop& workshop, const CalibrationOptions& options);

/// The number of equal bins that histograms have.
inline constexpr size_t kBins = 2048;

/// [low, high] without the outermost (100 - percentile) % of a histogram over `range`.
Range PercentileRange(const std::vector<uint64_t>& histogram, Range range, double percentile);

/// The threshold, as a number of bins from 0, that loses the least information, measured as
/// Kullback and Leibler do, when `histogram`, of magnitudes, is said in `levels` steps.
/// Source: Migacz, 8-bit inference with TensorRT (GTC 2017).
size_t EntropyThreshold(const std::vector<uint64_t>& histogram, size_t levels);

}  // namespace slipway::optimise
