// Models of skl2onnx (tests/models/tabular) on both engines.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <set>

#include "engine/onnxruntime/onnxruntime_engine.h"
#include "engine/tabular/tabular_engine.h"
#include "engine/testing/harness.h"

namespace slipway::testing {
namespace {

constexpr int64_t kRows = 2000, kColumns = 6;

/// Left to ONNX Runtime: an output that is declared with one column has two.
const std::set<std::string> kNotTaken = {"tree"};

std::string ReadModel(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// Ordinary rows, and some with what data have: zeros, whole numbers, large ones.
Tensor Rows() {
  std::mt19937 random(3);
  std::normal_distribution<float> normal(0, 1.5F);
  std::vector<float> values(kRows * kColumns);
  for (float& value : values) value = normal(random);
  for (size_t i = 0; i < values.size(); i += 7) values[i] = std::round(values[i]);
  for (size_t i = 0; i < values.size(); i += 101) values[i] *= 1000;
  return TensorOf<float>({kRows, kColumns}, values);
}

void ExpectClose(const Tensor& expected, const Tensor& got) {
  ASSERT_EQ(got.dtype, expected.dtype);
  ASSERT_EQ(got.shape, expected.shape);
  if (expected.dtype != DType::kFp32) {
    EXPECT_TRUE(std::ranges::equal(got.data.bytes(), expected.data.bytes()));
    return;
  }
  for (size_t i = 0; i < expected.as<float>().size(); ++i) {
    const float a = expected.as<float>()[i], b = got.as<float>()[i];
    ASSERT_LE(std::fabs(a - b), 2e-5F * std::max(1.0F, std::fabs(a))) << "at " << i;
  }
}

TEST(SameAnswersTest, ModelsOfSkl2onnxGiveWhatOnnxRuntimeGives) {
  SetOnnxRuntimeEnvironment();
  const auto tabular = CreateTabularEngine();
  const auto runtime = *CreateOnnxRuntimeEngine();
  const Tensor rows = Rows();
  int compared = 0;
  for (const auto& file :
       std::filesystem::directory_iterator(SLIPWAY_SOURCE_DIR "/tests/models/tabular")) {
    if (file.path().extension() != ".onnx") continue;
    const std::string name = file.path().stem();
    SCOPED_TRACE(name);
    const std::string bytes = ReadModel(file.path());
    const auto native = LoadModel(*tabular, bytes);
    if (kNotTaken.contains(name)) {
      EXPECT_EQ(ReasonOf(native.status()), Reason::kUnsupported);
      continue;
    }
    ASSERT_TRUE(native.ok()) << native.status();
    const auto got = RunAll(**native, {&rows});
    ASSERT_TRUE(got.ok()) << got.status();
    const auto expected = RunAll(**LoadModel(*runtime, bytes), {&rows});
    ASSERT_TRUE(expected.ok()) << expected.status();
    for (size_t i = 0; i < expected->size(); ++i) ExpectClose((*expected)[i], (*got)[i]);
    ++compared;
  }
  EXPECT_GE(compared, 10);
}

}  // namespace
}  // namespace slipway::testing
