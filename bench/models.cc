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

  /// The output of a node with one.
  std::string Node(std::string_view op, const std::vector<std::string>& inputs,
                   const std::vector<onnx::Attribute>& attributes = {}) {
    const std::string y = fmt::format("t{}", count_++);
    builder_.Node(op, inputs, {y}, attributes);
    return y;
  }

  /// Convolution with a bias, then Clip to [0,6] when `relu6`.
  std::string Conv(const std::string& x, int in, int out, int kernel, int stride, int groups,
                   bool relu6) {
    const int fan_in = in / groups * kernel * kernel;
    const auto w = Constant({out, in / groups, kernel, kernel}, std::sqrt(2.0 / fan_in));
    const auto b = Constant({out}, 0.01);
    const int64_t pad = kernel / 2, k = kernel, s = stride;
    const std::string y = Node("Conv", {x, w, b},
                               {{"kernel_shape", std::vector<int64_t>{k, k}},
                                {"strides", std::vector<int64_t>{s, s}},
                                {"pads", std::vector<int64_t>{pad, pad, pad, pad}},
                                {"group", groups}});
    return relu6 ? Node("Clip", {y, "zero", "six"}) : y;
  }

  /// Expand by `factor`, filter each channel, project to `out`; the input is added when shapes
  /// agree.
  std::string InvertedResidual(const std::string& x, int in, int out, int factor, int stride) {
    const int hidden = in * factor;
    std::string y = factor == 1 ? x : Conv(x, in, hidden, 1, 1, 1, true);
    y = Conv(y, hidden, hidden, 3, stride, hidden, true);
    y = Conv(y, hidden, out, 1, 1, 1, false);
    return stride == 1 && in == out ? Node("Add", {x, y}) : y;
  }

  /// Down to a quarter of `out`, filter, up to `out`, then the input is added: projected, when
  /// shapes differ.
  std::string Bottleneck(const std::string& x, int in, int out, int stride) {
    const int inner = out / 4;
    std::string y = Node("Relu", {Conv(x, in, inner, 1, 1, 1, false)});
    y = Node("Relu", {Conv(y, inner, inner, 3, stride, 1, false)});
    y = Conv(y, inner, out, 1, 1, 1, false);
    const bool same = stride == 1 && in == out;
    return Node("Relu", {Node("Add", {y, same ? x : Conv(x, in, out, 1, stride, 1, false)})});
  }

  /// x · w + b over the last dimension.
  std::string Linear(const std::string& x, int in, int out) {
    const auto w = Constant({in, out}, std::sqrt(1.0 / in));
    return Node("Add", {Node("MatMul", {x, w}), Constant({out}, 0.01)});
  }

  /// Of the sum of two: mean 0 and deviation 1 over the last dimension, then a learned scale.
  std::string AddAndNormalise(const std::string& x, const std::string& y, int width) {
    const std::vector<float> ones(static_cast<size_t>(width), 1.0f);
    const std::string scale = fmt::format("w{}", count_++);
    builder_.Constant<float>(scale, {width}, ones);
    return Node("LayerNormalization", {Node("Add", {x, y}), scale, Constant({width}, 0.01)},
                {{"axis", -1}, {"epsilon", 1e-12}});
  }

  /// [batch, tokens, width] → the same, each token a mixture of all, by `heads` weightings.
  std::string Attention(const std::string& x, int width, int heads) {
    const auto split = [&](const std::string& projected, std::vector<int64_t> order) {
      return Node("Transpose", {Node("Reshape", {projected, "by_head"})}, {{"perm", order}});
    };
    const std::string q = split(Linear(x, width, width), {0, 2, 1, 3});
    const std::string k = split(Linear(x, width, width), {0, 2, 3, 1});
    const std::string v = split(Linear(x, width, width), {0, 2, 1, 3});
    const float root = std::sqrt(static_cast<float>(width / heads));
    const std::string divisor = fmt::format("w{}", count_++);
    builder_.Constant<float>(divisor, {}, std::span(&root, 1));
    const auto weights =
        Node("Softmax", {Node("Div", {Node("MatMul", {q, k}), divisor})}, {{"axis", -1}});
    const auto mixed = Node("Transpose", {Node("MatMul", {weights, v})},
                            {{"perm", std::vector<int64_t>{0, 2, 1, 3}}});
    return Linear(Node("Reshape", {mixed, "joined"}), width, width);
  }

  /// x/2 · (1 + erf(x/√2)); Source: Hendrycks and Gimpel, arXiv 1606.08415.
  std::string Gelu(const std::string& x) {
    const auto erf = Node("Erf", {Node("Div", {x, "root_two"})});
    return Node("Mul", {Node("Mul", {x, Node("Add", {erf, "one"})}), "half"});
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

std::string ResNet50(uint32_t seed) {
  Network net(seed);
  auto& b = net.builder();
  b.Input("input", DType::kFp32, {-1, 3, 224, 224}).Output("output", DType::kFp32, {-1, 1000});
  std::string x = net.Node("Relu", {net.Conv("input", 3, 64, 7, 2, 1, false)});
  x = net.Node("MaxPool", {x},
               {{"kernel_shape", std::vector<int64_t>{3, 3}},
                {"strides", std::vector<int64_t>{2, 2}},
                {"pads", std::vector<int64_t>{1, 1, 1, 1}}});
  const struct {
    int channels, repeats, stride;
  } stages[] = {{256, 3, 1}, {512, 4, 2}, {1024, 6, 2}, {2048, 3, 2}};
  int channels = 64;
  for (const auto& stage : stages) {
    for (int i = 0; i < stage.repeats; ++i) {
      x = net.Bottleneck(x, channels, stage.channels, i == 0 ? stage.stride : 1);
      channels = stage.channels;
    }
  }
  const auto features = net.Node("Flatten", {net.Node("GlobalAveragePool", {x})});
  const auto w = net.Constant({2048, 1000}, std::sqrt(1.0 / 2048));
  b.Node("Gemm", {features, w, net.Constant({1000}, 0.01)}, {"output"});
  return b.Serialize();
}

std::string MiniLm(uint32_t seed) {
  constexpr int kWords = 30'522, kTokens = 128, kWidth = 384, kHeads = 12, kInner = 1536;
  Network net(seed);
  auto& b = net.builder();
  b.Input("input_ids", DType::kInt64, {-1, kTokens})
      .Output("embedding", DType::kFp32, {-1, kWidth});
  const int64_t by_head[] = {0, 0, kHeads, kWidth / kHeads}, joined[] = {0, 0, kWidth};
  b.Constant<int64_t>("by_head", {4}, by_head).Constant<int64_t>("joined", {3}, joined);
  const float half = 0.5f, one = 1, root_two = std::sqrt(2.0f);
  b.Constant<float>("half", {}, std::span(&half, 1)).Constant<float>("one", {}, std::span(&one, 1));
  b.Constant<float>("root_two", {}, std::span(&root_two, 1));

  const auto words = net.Node("Gather", {net.Constant({kWords, kWidth}, 0.05), "input_ids"});
  std::string x = net.AddAndNormalise(words, net.Constant({kTokens, kWidth}, 0.05), kWidth);
  for (int layer = 0; layer < 6; ++layer) {
    x = net.AddAndNormalise(x, net.Attention(x, kWidth, kHeads), kWidth);
    const auto inner = net.Gelu(net.Linear(x, kWidth, kInner));
    x = net.AddAndNormalise(x, net.Linear(inner, kInner, kWidth), kWidth);
  }
  b.Node("ReduceMean", {x}, {"embedding"}, {{"axes", std::vector<int64_t>{1}}, {"keepdims", 0}});
  return b.Serialize();
}

}  // namespace slipway::bench
