#pragma once
// Networks with seeded weights, for the benches: the shape of real ones, with nothing trained.

#include <cstdint>
#include <string>

namespace slipway::bench {

/// y = x · w + b: [-1, inputs] → [-1, outputs], FP32. Bytes of an ONNX model.
std::string TinyGemm(int inputs = 16, int outputs = 4, uint32_t seed = 1);

/// TinyGemm and a Selu behind it, which leaves the model to ONNX Runtime.
std::string TinyGemmAndSelu();

/// MobileNetV2, width 1.0: "input" FP32 [-1,3,224,224] → "output" FP32 [-1,1000], 3.5 million
/// parameters (batch normalisation folded into the convolutions, as exporters do), 0.6 GFLOP an
/// image. Weights are He-normal from `seed`, so activations stay in a normal range. Source: Sandler
/// et al., MobileNetV2 (arXiv 1801.04381), table 2.
std::string MobileNetV2(uint32_t seed = 1);

}  // namespace slipway::bench
