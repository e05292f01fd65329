// Random graphs on both engines: what the tabular engine takes, it answers as ONNX Runtime does.
#include <fmt/ranges.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <string_view>

#include "engine/choice/testing/random_graph.h"
#include "engine/onnxruntime/onnxruntime_engine.h"
#include "engine/tabular/tabular_engine.h"
#include "engine/testing/harness.h"
#include "onnx/onnx.pb.h"

namespace slipway::testing {
namespace {

template <typename T>
std::string Different(const Tensor& expected, const Tensor& got, const Closeness& closeness) {
  // A few roundings at each operator.
  const double tolerance =
      closeness.exact ? 0 : closeness.scale * (std::is_same_v<T, float> ? 1e-5 : 1e-12);
  for (size_t i = 0; i < expected.as<T>().size(); ++i) {
    const T a = expected.as<T>()[i], b = got.as<T>()[i];
    if (a == b || (a != a && b != b)) continue;
    if (std::isfinite(static_cast<double>(a)) && std::isfinite(static_cast<double>(b)) &&
        std::fabs(static_cast<double>(a) - static_cast<double>(b)) <= tolerance)
      continue;
    return fmt::format("at {}: expected {}, got {}", i, a, b);
  }
  return "";
}

/// Where two answers differ; "" where they do not.
std::string Different(const Tensor& expected, const Tensor& got, const Closeness& closeness) {
  if (expected.dtype != got.dtype || expected.shape != got.shape)
    return fmt::format("expected {}, got {}", ToString(expected.dtype, expected.shape),
                       ToString(got.dtype, got.shape));
  if (expected.data.size() != got.data.size() && expected.dtype != DType::kBytes)
    return fmt::format("expected {} bytes, got {}", expected.data.size(), got.data.size());
  if (expected.dtype == DType::kFp32) return Different<float>(expected, got, closeness);
  if (expected.dtype == DType::kFp64) return Different<double>(expected, got, closeness);
  if (expected.dtype == DType::kInt64) return Different<int64_t>(expected, got, {});
  const auto a = expected.data.bytes(), b = got.data.bytes();
  return std::ranges::equal(a, b) ? "" : "the bytes differ";
}

class RandomGraphsTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { SetOnnxRuntimeEnvironment(); }

  /// Whether both engines take the graph; fails where they answer differently.
  bool Compare(uint64_t seed) {
    const RandomGraph graph = MakeRandomGraph(seed);
    const std::string bytes = graph.model.Serialize();
    const auto native = LoadModel(*tabular_, bytes);
    if (!native.ok()) {
      EXPECT_TRUE(ReasonOf(native.status()) == Reason::kUnsupported ||
                  ReasonOf(native.status()) == Reason::kBadModel)
          << native.status();
      return false;
    }
    const auto other = LoadModel(*runtime_, bytes);
    for (const int64_t rows : {1, 2, 0, 100, 300}) {
      std::vector<Tensor> inputs;
      for (size_t i = 0; i < graph.input_tails.size(); ++i)
        inputs.push_back(graph.Input(i, rows, seed));
      std::vector<const Tensor*> pointers;
      for (const Tensor& input : inputs) pointers.push_back(&input);
      const auto got = RunAll(**native, pointers);
      // It still must not crash. Some kernels of ONNX Runtime divide by the number of rows.
      if (!other.ok() || rows == 0) continue;
      const auto expected = RunAll(**other, pointers);
      if (!expected.ok()) continue;
      if (!got.ok()) {
        ADD_FAILURE() << "seed " << seed << ", " << rows << " rows: " << got.status() << '\n'
                      << Text(graph, seed);
        return true;
      }
      for (size_t i = 0; i < expected->size(); ++i) {
        const std::string what = Different((*expected)[i], (*got)[i], graph.outputs[i]);
        if (what.empty()) continue;
        ADD_FAILURE() << "seed " << seed << ", " << rows << " rows, output " << i << ": " << what
                      << '\n'
                      << Text(graph, seed);
        return true;
      }
    }
    return other.ok();
  }

  /// The graph for people, and where the model lies.
  static std::string Text(const RandomGraph& graph, uint64_t seed) {
    const std::string path = fmt::format("{}/random_graph_{}.onnx", ::testing::TempDir(), seed);
    std::ofstream(path, std::ios::binary) << graph.model.Serialize();
    std::string text = path + '\n';
    for (const auto& node : graph.model.proto().graph().node())
      text += fmt::format("{} = {}({})\n", fmt::join(node.output(), ", "), node.op_type(),
                          fmt::join(node.input(), ", "));
    return text;
  }

  std::unique_ptr<Engine> tabular_ = CreateTabularEngine();
  std::unique_ptr<Engine> runtime_ = *CreateOnnxRuntimeEngine();
};

TEST_F(RandomGraphsTest, WhatIsTakenIsAnsweredAsByOnnxRuntime) {
  const char* const scale = std::getenv("SLIPWAY_TEST_SCALE");
  const bool thorough = scale != nullptr && std::string_view(scale) == "release";
  const uint64_t graphs = thorough ? 30'000 : 500;
  const char* const first_seed = std::getenv("SLIPWAY_TEST_SEED");
  const uint64_t first = first_seed == nullptr ? 1 : std::strtoull(first_seed, nullptr, 10);
  uint64_t compared = 0;
  for (uint64_t seed = first; seed < first + graphs && !HasFailure(); ++seed)
    compared += Compare(seed);
  EXPECT_GE(compared, graphs / 3);
  std::printf("%lu of %lu graphs compared\n", compared, graphs);
}

}  // namespace
}  // namespace slipway::testing
