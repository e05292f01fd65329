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

/// ResNet-50 with strides in its 3 × 3 convolutions: shapes and weights as above, 25.5 million
/// parameters, 8.2 GFLOP an image. Source: He et al., arXiv 1512.03385, table 1.
std::string ResNet50(uint32_t seed = 1);

/// MiniLM-L6: "input_ids" INT64 [-1,128], below 30,522 → "embedding" FP32 [-1,384], the mean of the
/// tokens'. 6 layers of 12 heads, 22.4 million parameters, half of them words; every token counts.
/// Source: Wang et al., arXiv 2002.10957; its layers are BERT's, arXiv 1810.04805.
std::string MiniLm(uint32_t seed = 1);

}  // namespace slipway::bench
