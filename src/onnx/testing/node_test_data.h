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

  /// It draws random numbers (Bernoulli, Dropout in training mode).
  bool is_random() const;
};

/// Folders of all node models, sorted; empty when the package is not installed.
std::vector<std::filesystem::path> ListNodeTests();

/// Reads one. An optional input without a value is left out; BF16, which the data hold as UINT16, is
/// BF16 again.
/// @return kUnsupported naming the file for sequences, maps and element types no protocol has.
StatusOr<NodeTest> ReadNodeTest(const std::filesystem::path& folder);

/// The model's bytes alone.
StatusOr<std::string> ReadNodeModel(const std::filesystem::path& folder);

/// Agreement much as the ONNX project's own runner asks for: |a − b| ≤ absolute + relative · |b|.
/// Relative is 1e-3, 1e-2 for FP16, 2e-2 for BF16; absolute 1e-7, or 1e-5 of the largest magnitude in
/// the output, because a transform rounds near-zero elements by its large ones. NaN equals NaN;
/// integers and booleans agree exactly; strings too, unless both are numbers. The outputs of models that
/// draw random numbers need the right type and shape only.
Status CompareOutput(const NodeTest& test, const NamedTensor& expected, const Tensor& got);

}  // namespace slipway::onnx::testing
