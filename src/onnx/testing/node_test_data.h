#pragma once
// The backend test data of the ONNX project (Debian's libonnx-testdata): folders with a model and
// test_data_set_N/{input,output}_M.pb.

#include <filesystem>
#include <string>
#include <vector>

#include "base/status.h"
#include "tensor/tensor.h"

namespace slipway::onnx::testing {

/// Where the package puts its node models.
inline constexpr const char* kNodeTestFolder = "/usr/share/libonnx-testdata/data/node";

struct NodeTestCase {
  std::vector<NamedTensor> inputs;   // named after the graph's inputs, by position
  std::vector<NamedTensor> outputs;
};

struct NodeTest {
  std::string name;    // "test_abs"
  std::string model;   // bytes of model.onnx
  std::vector<NodeTestCase> cases;
};

/// Folders of all node models, sorted; empty when the package is not installed.
std::vector<std::filesystem::path> ListNodeTests();

/// Reads one. An input that is an absent optional is left out.
/// @return kUnsupported naming the file for sequences, maps and element types no protocol has.
StatusOr<NodeTest> ReadNodeTest(const std::filesystem::path& folder);

/// The model's bytes alone.
StatusOr<std::string> ReadNodeModel(const std::filesystem::path& folder);

/// Agreement as the ONNX project's own runner asks for: |a − b| ≤ 1e-7 + 1e-3 · |b|, with 1e-2 for FP16
/// and 2e-2 for BF16; integers, booleans and strings exactly; NaN equals NaN.
Status CompareOutput(const NamedTensor& expected, const Tensor& got);

}  // namespace slipway::onnx::testing
