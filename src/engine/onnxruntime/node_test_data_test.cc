// The 932 node models of the ONNX project: each gives the outputs that came with it, or is refused by
// name; docs/formats/onnx-operators.md lists the refused ones. SLIPWAY_UPDATE_DOCS=1 writes that list.
#include "onnx/testing/node_test_data.h"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>

#include "engine/onnxruntime/onnxruntime_engine.h"
#include "engine/testing/harness.h"

namespace slipway {
namespace {

using onnx::testing::NodeTest;
using onnx::testing::NodeTestCase;
using namespace slipway::testing;

constexpr const char* kDocument = SLIPWAY_SOURCE_DIR "/docs/formats/onnx-operators.md";
constexpr std::string_view kTableHead = "| model | why |\n|---|---|\n";

// In a few of the tests the data contradict the shapes that the model itself declares.
Status CheckInputs(const Signature& signature, const NodeTestCase& one) {
  for (const NamedTensor& given : one.inputs) {
    const auto at = IndexOf(signature.inputs, given.name);
    if (!at) return Error(Reason::kBadRequest, "input \"{}\" is not in the signature", given.name);
    const TensorSpec& spec = signature.inputs[*at];
    if (spec.dtype != given.tensor.dtype || !Matches(spec.shape, given.tensor.shape))
      return Error(Reason::kBadRequest, "input \"{}\": expected {}, got {}", given.name,
                   ToString(spec.dtype, spec.shape), ToString(given.tensor.dtype, given.tensor.shape));
  }
  return OkStatus();
}

Status RunCase(const LoadedModel& model, const NodeTest& test, const NodeTestCase& one) {
  const Signature& signature = model.signature();
  std::vector<const Tensor*> inputs(signature.inputs.size());
  for (const NamedTensor& given : one.inputs)
    inputs[*IndexOf(signature.inputs, given.name)] = &given.tensor;
  ASSIGN_OR_RETURN(const std::vector<Tensor> outputs, RunAll(model, inputs));
  for (const NamedTensor& expected : one.outputs) {
    const auto at = IndexOf(signature.outputs, expected.name);
    if (!at) return Error(Reason::kInternal, "output \"{}\" is not in the signature", expected.name);
    RETURN_IF_ERROR(onnx::testing::CompareOutput(test, expected, outputs[*at]));
  }
  return OkStatus();
}

struct Outcome {
  std::map<std::string, std::string> refused;  // model → why
  std::map<std::string, std::string> wrong;
  int correct = 0;
};

void RunOne(Engine& engine, const std::filesystem::path& folder, Outcome& outcome) {
  const std::string name = folder.filename();
  const auto bytes = onnx::testing::ReadNodeModel(folder);
  ASSERT_TRUE(bytes.ok()) << bytes.status();
  const auto model = LoadModel(engine, *bytes);
  if (!model.ok()) {
    const Reason reason = ReasonOf(model.status());
    ASSERT_TRUE(reason == Reason::kBadModel || reason == Reason::kUnsupported) << model.status();
    outcome.refused[name] = MessageOf(model.status());
    return;
  }
  const auto test = onnx::testing::ReadNodeTest(folder);
  ASSERT_TRUE(test.ok()) << test.status();
  for (const NodeTestCase& one : test->cases) {
    if (const Status status = CheckInputs((*model)->signature(), one); !status.ok()) {
      outcome.refused[name] = MessageOf(status);
      return;
    }
    if (const Status status = RunCase(**model, *test, one); !status.ok()) {
      outcome.wrong[name] = MessageOf(status);
      return;
    }
  }
  ++outcome.correct;
}

std::string TableOf(const Outcome& outcome) {
  std::string table(kTableHead);
  for (const auto& [name, why] : outcome.refused) {
    std::string cell;
    for (const char c : why) cell += c == '|' ? std::string("\\|") : std::string(1, c);
    table += fmt::format("| `{}` | {} |\n", name, cell);
  }
  return table;
}

TEST(NodeTestDataTest, EveryModelIsCorrectOrRefusedAsDocumented) {
  const auto folders = onnx::testing::ListNodeTests();
  if (folders.empty()) GTEST_SKIP() << "libonnx-testdata is not installed";
  const auto engine = *CreateOnnxRuntimeEngine();
  Outcome outcome;
  for (const auto& folder : folders) RunOne(*engine, folder, outcome);
  EXPECT_THAT(outcome.wrong, ::testing::IsEmpty());

  std::ifstream in(kDocument);
  std::string document(std::istreambuf_iterator<char>(in), {});
  const size_t table_at = document.find(kTableHead);
  ASSERT_NE(table_at, document.npos) << kDocument;
  const std::string table = TableOf(outcome);
  std::printf("%d correct, %zu refused, %zu wrong\n", outcome.correct, outcome.refused.size(),
              outcome.wrong.size());
  if (std::getenv("SLIPWAY_UPDATE_DOCS") != nullptr)
    std::ofstream(kDocument) << document.substr(0, table_at) << table;
  else
    EXPECT_EQ(document.substr(table_at), table) << "run with SLIPWAY_UPDATE_DOCS=1";
}

}  // namespace
}  // namespace slipway
