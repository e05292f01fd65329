#include "engine/onnxruntime/onnxruntime_engine.h"

#include "onnx/builder.h"

namespace slipway {
namespace {

TEST(OnnxRuntimeEngineTest, RunsATinyModel) {
  auto engine = CreateOnnxRuntimeEngine();
  ASSERT_TRUE(engine.ok());
  onnx::Builder b;
  b.Input("x", DType::kFp32, {-1, 2}).Output("y", DType::kFp32, {-1, 2});
  b.Node("Add", {"x", "x"}, {"y"});
  const std::string bytes = b.Serialize();
  auto model = (*engine)->Load({std::as_bytes(std::span(bytes)), {}}, {});
  ASSERT_TRUE(model.ok()) << model.status();
  const float values[] = {1, 2};
  const Tensor x{DType::kFp32, {1, 2}, Buffer(std::as_bytes(std::span(values)))};
  const Tensor* inputs[] = {&x};
  const size_t outputs[] = {0};
  std::vector<Tensor> results;
  const Status status = (*model)->Run(inputs, outputs, {}, results);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_THAT(results[0].as<float>(), ::testing::ElementsAre(2, 4));
}

}  // namespace
}  // namespace slipway
