// Every model that ONNX Runtime takes gives the same bits from its prepared form, and from the form
// of a copy of it that was read at another place.
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "engine/onnxruntime/onnxruntime_engine.h"
#include "engine/testing/harness.h"
#include "onnx/testing/node_test_data.h"

namespace slipway {
namespace {

using namespace slipway::testing;
using onnx::testing::NodeTestCase;

Buffer Copy(const Buffer& from) {
  std::byte* to = nullptr;
  Buffer copy = Buffer::Allocate(from.size(), &to);
  std::memcpy(to, from.data(), from.size());
  return copy;
}

struct Both {
  std::unique_ptr<LoadedModel> original, prepared;
};

/// Loads twice; the prepared one's `prepared` is null when the engine gave no form.
StatusOr<Both> LoadBoth(Engine& engine, const std::string& model) {
  Both both;
  Buffer form;
  ASSIGN_OR_RETURN(both.original, LoadModel(engine, model, {}, {.prepare = &form}));
  if (form.size() == 0) return both;
  ASSIGN_OR_RETURN(both.prepared, LoadModel(engine, model, {}, {.prepared = Copy(form)}));
  return both;
}

std::string Difference(const StatusOr<std::vector<Tensor>>& original,
                       const StatusOr<std::vector<Tensor>>& prepared) {
  if (original.ok() != prepared.ok()) return "one failed";
  if (!original.ok())
    return ReasonOf(original.status()) == ReasonOf(prepared.status()) ? "" : "failed differently";
  for (size_t i = 0; i < original->size(); ++i) {
    const Tensor &a = (*original)[i], &b = (*prepared)[i];
    if (a.dtype != b.dtype || a.shape != b.shape || a.data.size() != b.data.size())
      return fmt::format("output {}: another shape", i);
    if (a.data.size() > 0 && std::memcmp(a.data.data(), b.data.data(), a.data.size()) != 0)
      return fmt::format("output {}: other bits", i);
  }
  return "";
}

TEST(PreparedFormTest, NodeModelsGiveTheSameBits) {
  const auto folders = onnx::testing::ListNodeTests();
  if (folders.empty()) GTEST_SKIP() << "libonnx-testdata is not installed";
  const auto engine = *CreateOnnxRuntimeEngine();
  int same = 0, runs = 0;
  std::vector<std::string> unprepared;
  for (const auto& folder : folders) {
    SCOPED_TRACE(folder.filename());
    const std::string model = *onnx::testing::ReadNodeModel(folder);
    if (!LoadModel(*engine, model).ok()) continue;
    const auto both = LoadBoth(*engine, model);
    if (!both.ok() || both->prepared == nullptr) {
      unprepared.push_back(folder.filename().string() + ": " +
                           std::string(MessageOf(both.status())));
      continue;
    }
    EXPECT_EQ(both->prepared->signature(), both->original->signature());
    const auto test = onnx::testing::ReadNodeTest(folder);
    ASSERT_TRUE(test.ok()) << test.status();
    if (test->is_random()) continue;
    for (const NodeTestCase& one : test->cases) {
      const Signature& signature = both->original->signature();
      std::vector<const Tensor*> inputs(signature.inputs.size());
      for (const NamedTensor& given : one.inputs)
        if (const auto at = IndexOf(signature.inputs, given.name)) inputs[*at] = &given.tensor;
      EXPECT_EQ(Difference(RunAll(*both->original, inputs), RunAll(*both->prepared, inputs)), "");
      ++runs;
    }
    ++same;
  }
  std::printf("%d models, %d runs\n", same, runs);
  EXPECT_GT(same, 700);
  // ONNX Runtime's format has no optional types.
  EXPECT_THAT(unprepared, ::testing::Each(::testing::StartsWith("test_optional_")));
  EXPECT_LE(unprepared.size(), 3u);
}

std::string FileAt(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

Tensor Noise(const Shape& shape) {
  std::vector<float> values(static_cast<size_t>(*ElementCount(shape)));
  uint32_t state = 1;
  for (float& value : values)
    value = static_cast<float>((state = state * 1'664'525 + 1'013'904'223) >> 8) / (1 << 24);
  return TensorOf<float>(shape, values);
}

TEST(PreparedFormTest, ConvolutionsGiveTheSameBits) {
  const auto engine = *CreateOnnxRuntimeEngine();
  const auto both =
      LoadBoth(*engine, FileAt(SLIPWAY_SOURCE_DIR "/examples/models/digits/1/model.onnx"));
  ASSERT_TRUE(both.ok() && both->prepared) << both.status();
  for (const int64_t rows : {1, 3, 64}) {
    const Tensor x = Noise({rows, 1, 8, 8});
    EXPECT_EQ(Difference(RunAll(*both->original, {&x}), RunAll(*both->prepared, {&x})), "") << rows;
  }
}

TEST(PreparedFormTest, RewrittenModelsGiveTheSameBits) {
  const auto engine = *CreateOnnxRuntimeEngine();
  onnx::Builder b;
  b.Input("x", DType::kBytes, {-1}).Output("y", DType::kBytes, {-1});
  b.Node("StringNormalizer", {"x"}, {"y"}, {{"case_change_action", "UPPER"}});
  const auto both = LoadBoth(*engine, b.Serialize());
  ASSERT_TRUE(both.ok() && both->prepared) << both.status();
  const Tensor x = BytesTensorOf({2}, {"\u00e4b", "c"});
  const auto prepared = RunAll(*both->prepared, {&x});
  EXPECT_EQ(Difference(RunAll(*both->original, {&x}), prepared), "");
  EXPECT_THAT(ElementsOf(prepared->front()), ::testing::ElementsAre("\u00c4B", "C"));
}

TEST(PreparedFormTest, WeightsThatAreAnswersOutliveTheModel) {
  const auto engine = *CreateOnnxRuntimeEngine();
  onnx::Builder b;
  b.Input("x", DType::kFp32, {1}).Output("y", DType::kFp32, {1}).Output("w", DType::kFp32, {2});
  b.Initializer("w", TensorOf<float>({2}, {3, 4})).Node("Neg", {"x"}, {"y"});
  auto both = LoadBoth(*engine, b.Serialize());
  ASSERT_TRUE(both.ok() && both->prepared) << both.status();
  const Tensor x = TensorOf<float>({1}, {1});
  const auto answers = RunAll(*both->prepared, {&x});
  ASSERT_TRUE(answers.ok()) << answers.status();
  both->prepared.reset();
  EXPECT_EQ(ValuesOf<float>((*answers)[1]), (std::vector<float>{3, 4}));
}

TEST(PreparedFormTest, ExternalDataIsLeftOut) {
  const auto engine = *CreateOnnxRuntimeEngine();
  const std::string weights(8, '\0');
  onnx::Builder b;
  b.Input("x", DType::kFp32, {2}).Output("y", DType::kFp32, {2});
  b.ExternalInitializer("w", DType::kFp32, {2}, "w.bin", 0, 8);
  b.Node("Add", {"x", "w"}, {"y"});
  Buffer form;
  const auto model = LoadModel(*engine, b.Serialize(),
                               {{"w.bin", std::as_bytes(std::span(weights))}}, {.prepare = &form});
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_EQ(form.size(), 0u);
  EXPECT_FALSE((*model)->prepares());
}

TEST(PreparedFormTest, BytesThatAreNoFormAreRefused) {
  const auto engine = *CreateOnnxRuntimeEngine();
  const std::string model = FileAt(SLIPWAY_SOURCE_DIR "/examples/models/digits/1/model.onnx");
  for (const std::string& bytes : {std::string("no form"), model})
    EXPECT_FALSE(LoadModel(*engine, model, {}, {.prepared = Copy(Buffer::Own(bytes))}).ok());
}

}  // namespace
}  // namespace slipway
