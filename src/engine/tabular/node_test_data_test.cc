// The node models of the ONNX project: what the engine takes of them, it computes as they say.
#include "onnx/testing/node_test_data.h"

#include <map>

#include "engine/tabular/tabular_engine.h"
#include "engine/testing/harness.h"

namespace slipway::testing {
namespace {

constexpr int kTakenAtLeast = 150;

Status RunCase(const LoadedModel& model, const onnx::testing::NodeTest& test,
               const onnx::testing::NodeTestCase& one) {
  const Signature& signature = model.signature();
  std::vector<const Tensor*> inputs(signature.inputs.size());
  for (const NamedTensor& given : one.inputs) {
    const auto at = IndexOf(signature.inputs, given.name);
    if (!at || !Takes(signature.inputs[*at], given.tensor.shape)) return OkStatus();
    inputs[*at] = &given.tensor;
  }
  ASSIGN_OR_RETURN(const std::vector<Tensor> outputs, RunAll(model, inputs));
  for (const NamedTensor& expected : one.outputs)
    RETURN_IF_ERROR(onnx::testing::CompareOutput(
        test, expected, outputs[*IndexOf(signature.outputs, expected.name)]));
  return OkStatus();
}

TEST(TabularNodeTest, EveryModelThatIsTakenIsComputedAsOnnxSays) {
  const auto folders = onnx::testing::ListNodeTests();
  if (folders.empty()) GTEST_SKIP() << "libonnx-testdata is not installed";
  const auto engine = CreateTabularEngine();
  std::map<std::string, std::string> wrong;
  int taken = 0;
  for (const auto& folder : folders) {
    const auto bytes = onnx::testing::ReadNodeModel(folder);
    ASSERT_TRUE(bytes.ok()) << bytes.status();
    const auto model = LoadModel(*engine, *bytes);
    if (!model.ok()) {
      const Reason reason = ReasonOf(model.status());
      EXPECT_TRUE(reason == Reason::kUnsupported || reason == Reason::kBadModel) << model.status();
      continue;
    }
    const auto test = onnx::testing::ReadNodeTest(folder);
    ASSERT_TRUE(test.ok()) << test.status();
    ++taken;
    for (const auto& one : test->cases)
      if (const Status status = RunCase(**model, *test, one); !status.ok())
        wrong[folder.filename()] = MessageOf(status);
  }
  EXPECT_THAT(wrong, ::testing::IsEmpty());
  EXPECT_GE(taken, kTakenAtLeast);
  std::printf("%d of %zu models taken\n", taken, folders.size());
}

}  // namespace
}  // namespace slipway::testing
