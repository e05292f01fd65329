// Cut and bit-flipped models are refused with a message, or load and run; the process that asks may
// die of it (ONNX Runtime aborts on some), the one that serves is another. Inspection never dies.
#include <cstdlib>
#include <random>

#include "engine/onnxruntime/onnxruntime_engine.h"
#include "engine/testing/harness.h"
#include "engine/testing/sacrificial_child.h"
#include "onnx/model_info.h"
#include "onnx/testing/node_test_data.h"

namespace slipway {
namespace {

using namespace slipway::testing;

/// Of each model.
struct Sizes {
  size_t cuts = 40;
  size_t flips = 350;
  size_t all() const { return cuts + flips; }
};

Sizes SizesOfThisRun() {
  const char* scale = std::getenv("SLIPWAY_TEST_SCALE");
  return scale != nullptr && std::string_view(scale) == "release" ? Sizes{1'000, 10'000} : Sizes{};
}

constexpr std::chrono::seconds kLimit(2);

std::vector<std::string> Models() {
  std::vector<std::string> models;
  onnx::Builder gemm;
  gemm.Input("x", DType::kFp32, {-1, 4}).Output("y", DType::kFp32, {-1, 2});
  const float w[8] = {1, 2, 3, 4, 5, 6, 7, 8}, b[2] = {0.5f, -0.5f};
  gemm.Constant<float>("w", {4, 2}, w).Constant<float>("b", {2}, b);
  gemm.Node("Gemm", {"x", "w", "b"}, {"g"}).Node("Softmax", {"g"}, {"y"});
  models.push_back(gemm.Serialize());
  for (const char* name :
       {"test_ai_onnx_ml_label_encoder_string_int", "test_loop11", "test_scan_sum",
        "test_lstm_with_initial_bias", "test_resize_upsample_sizes_nearest"}) {
    const auto model =
        onnx::testing::ReadNodeModel(std::filesystem::path(onnx::testing::kNodeTestFolder) / name);
    if (model.ok()) models.push_back(*model);
  }
  return models;
}

/// The i-th corruption: first the cuts, evenly over the file, then the flips.
std::string Corrupted(const std::string& model, size_t i, const Sizes& sizes) {
  if (i < sizes.cuts) return model.substr(0, i * model.size() / sizes.cuts);
  std::mt19937_64 random(i);
  std::string flipped = model;
  flipped[random() % model.size()] ^= static_cast<char>(1u << (random() % 8));
  return flipped;
}

/// Zeros in the signature's shape with 1 for every open dimension; nullopt when that is too much.
std::optional<Tensor> Synthetic(const TensorSpec& spec) {
  Shape shape = spec.shape;
  for (int64_t& dim : shape)
    if (dim < 0) dim = 1;
  const auto count = ElementCount(shape);
  if (!count.ok() || *count > 1'000'000) return std::nullopt;
  const size_t bytes = static_cast<size_t>(*count) *
                       (spec.dtype == DType::kBytes ? sizeof(uint32_t) : ElementSize(spec.dtype));
  return Tensor{spec.dtype, shape, Buffer::Own(std::string(bytes, '\0'))};
}

void LoadAndRunOnce(Engine& engine, const std::string& bytes) {
  const auto model = LoadModel(engine, bytes);
  if (!model.ok()) {
    const Reason reason = ReasonOf(model.status());
    if (reason != Reason::kBadModel && reason != Reason::kUnsupported) abort();
    if (MessageOf(model.status()).empty()) abort();
    return;
  }
  std::vector<Tensor> inputs;
  std::vector<const Tensor*> pointers;
  for (const TensorSpec& spec : (*model)->signature().inputs) {
    auto tensor = Synthetic(spec);
    if (!tensor) return;
    inputs.push_back(*std::move(tensor));
  }
  for (const Tensor& tensor : inputs) pointers.push_back(&tensor);
  const auto ran =
      RunAll(**model, pointers, {.deadline = SteadyClock().Now() + std::chrono::milliseconds(500)});
  if (!ran.ok() && MessageOf(ran.status()).empty()) abort();
}

TEST(CorruptionTest, InspectionAnswersWhateverTheBytes) {
  const Sizes sizes = SizesOfThisRun();
  for (const std::string& model : Models()) {
    ASSERT_TRUE(onnx::Inspect(std::as_bytes(std::span(model))).ok());
    for (size_t i = 0; i < sizes.all(); ++i) {
      const std::string bytes = Corrupted(model, i, sizes);
      const auto info = onnx::Inspect(std::as_bytes(std::span(bytes)));
      ASSERT_TRUE(info.ok() || !MessageOf(info.status()).empty());
    }
  }
}

TEST(CorruptionTest, CutAndFlippedModelsAreRefusedOrRunInTheirChild) {
  const Sizes sizes = SizesOfThisRun();
  const auto models = Models();
  size_t died = 0;
  for (size_t m = 0; m < models.size(); ++m) {
    std::unique_ptr<Engine> engine;  // made in the child: the parent must have one thread
    const auto report = ForEachInChild(sizes.all(), kLimit, [&](size_t i) {
      if (engine == nullptr) engine = *CreateOnnxRuntimeEngine();
      LoadAndRunOnce(*engine, Corrupted(models[m], i, sizes));
    });
    EXPECT_THAT(report.overran, ::testing::IsEmpty()) << "model " << m;
    died += report.died.size();
  }
  std::printf("%zu of %zu corrupted models ended their child\n", died, sizes.all() * models.size());
  EXPECT_LE(died, sizes.all() * models.size() / 100);
}

}  // namespace
}  // namespace slipway
