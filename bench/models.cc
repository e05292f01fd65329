#include "bench/models.h"

#include <cmath>
#include <random>
#include <vector>

#include "onnx/builder.h"

namespace slipway::bench {
namespace {

class Network {
 public:
  explicit Network(uint32_t seed) : random_(seed) {}
  onnx::Builder& builder() { return builder_; }

  std::string Constant(const Shape& shape, double deviation) {
    std::vector<float> values(static_cast<size_t>(*ElementCount(shape)));
    for (float& v : values) v = static_cast<float>(deviation * Normal());
    const std::string name = fmt::format("w{}", count_++);
    builder_.Constant<float>(name, shape, values);
    return name;
  }

  /// Convolution with a bias, then Clip to [0,6] when `relu6`.
  std::string Conv(const std::string& x, int in, int out, int kernel, int stride, int groups,
                   bool relu6) {
    const int fan_in = in / groups * kernel * kernel;
    const auto w = Constant({out, in / groups, kernel, kernel}, std::sqrt(2.0 / fan_in));
    const auto b = Constant({out}, 0.01);
    const int64_t pad = kernel / 2, k = kernel, s = stride;
    const std::string y = fmt::format("t{}", count_++);
    builder_.Node("Conv", {x, w, b}, {y},
                  {{"kernel_shape", std::vector<int64_t>{k, k}},
                   {"strides", std::vector<int64_t>{s, s}},
                   {"pads", std::vector<int64_t>{pad, pad, pad, pad}},
                   {"group", groups}});
    if (!relu6) return y;
    const std::string clipped = fmt::format("t{}", count_++);
    builder_.Node("Clip", {y, "zero", "six"}, {clipped});
    return clipped;
  }

  /// Expand by `factor`, filter each channel, project to `out`; the input is added when shapes
  /// agree.
  std::string InvertedResidual(const std::string& x, int in, int out, int factor, int stride) {
    const int hidden = in * factor;
    std::string y = factor == 1 ? x : Conv(x, in, hidden, 1, 1, 1, true);
    y = Conv(y, hidden, hidden, 3, stride, hidden, true);
    y = Conv(y, hidden, out, 1, 1, 1, false);
    if (stride != 1 || in != out) return y;
    const std::string sum = fmt::format("t{}", count_++);
    builder_.Node("Add", {x, y}, {sum});
    return sum;
  }

 private:
  // Box and Muller's, because std::normal_distribution differs between libraries.
  double Normal() {
    const double u = (random_() + 1.0) / 4294967297.0, v = random_() / 4294967296.0;
    return std::sqrt(-2 * std::log(u)) * std::cos(2 * M_PI * v);
  }

  onnx::Builder builder_;
  std::mt19937 random_;
  int count_ = 0;
};

}  // namespace

namespace {

/// x → `product`
void AddGemm(Network& net, int inputs, int outputs, std::string_view product) {
  net.builder().Input("x", DType::kFp32, {-1, inputs}).Output("y", DType::kFp32, {-1, outputs});
  const auto w = net.Constant({inputs, outputs}, 1);
  const auto b = net.Constant({outputs}, 1);
  net.builder().Node("Gemm", {"x", w, b}, {std::string(product)});
}

}  // namespace

std::string TinyGemm(int inputs, int outputs, uint32_t seed) {
  Network net(seed);
  AddGemm(net, inputs, outputs, "y");
  return net.builder().Serialize();
}

std::string TinyGemmAndSelu() {
  Network net(1);
  AddGemm(net, 16, 4, "product");
  net.builder().Node("Selu", {"product"}, {"y"});
  return net.builder().Serialize();
}

std::string MobileNetV2(uint32_t seed) {
  Network net(seed);
  auto& b = net.builder();
  b.Input("input", DType::kFp32, {-1, 3, 224, 224}).Output("output", DType::kFp32, {-1, 1000});
  const float zero = 0, six = 6;
  b.Constant<float>("zero", {}, std::span(&zero, 1)).Constant<float>("six", {}, std::span(&six, 1));

  std::string x = net.Conv("input", 3, 32, 3, 2, 1, true);
  const struct {
    int factor, channels, repeats, stride;
  } stages[] = {{1, 16, 1, 1}, {6, 24, 2, 2},  {6, 32, 3, 2}, {6, 64, 4, 2},
                {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}};
  int channels = 32;
  for (const auto& stage : stages) {
    for (int i = 0; i < stage.repeats; ++i) {
      x = net.InvertedResidual(x, channels, stage.channels, stage.factor,
                               i == 0 ? stage.stride : 1);
      channels = stage.channels;
    }
  }
  x = net.Conv(x, channels, 1280, 1, 1, 1, true);
  b.Node("GlobalAveragePool", {x}, {"pooled"});
  b.Node("Flatten", {"pooled"}, {"features"});
  const auto w = net.Constant({1280, 1000}, std::sqrt(1.0 / 1280));
  const auto bias = net.Constant({1000}, 0.01);
  b.Node("Gemm", {"features", w, bias}, {"output"});
  return b.Serialize();
}

}  // namespace slipway::bench
