#include "onnx/testing/node_test_data.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>

#include "onnx/onnx.pb.h"
#include "onnx/skeleton.h"
#include "onnx/tensor_proto.h"
#include "tensor/half.h"

namespace slipway::onnx::testing {
namespace {

namespace fs = std::filesystem;

StatusOr<std::string> ReadFile(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return Error(Reason::kIo, "cannot read {}", path.string());
  return std::string(std::istreambuf_iterator<char>(in), {});
}

// The kinds of value a .pb file holds: by the type the model declares for that input or output.
StatusOr<std::vector<NamedTensor>> ReadValues(
    const fs::path& folder, std::string_view kind,
    const google::protobuf::RepeatedPtrField<::onnx::ValueInfoProto>& declared) {
  std::vector<NamedTensor> values;
  for (int i = 0; i < declared.size(); ++i) {
    const fs::path path = folder / fmt::format("{}_{}.pb", kind, i);
    if (!fs::exists(path)) continue;
    if (!declared[i].type().has_tensor_type())
      return Error(Reason::kUnsupported, "{}: \"{}\" is not a tensor", path.filename().string(),
                   declared[i].name());
    ASSIGN_OR_RETURN(const std::string bytes, ReadFile(path));
    ::onnx::TensorProto proto;
    if (!proto.ParseFromString(bytes))
      return Error(Reason::kBadModel, "{}: not a tensor", path.filename().string());
    auto tensor = ToTensor(proto);
    if (!tensor.ok()) return Annotate(tensor.status(), path.filename().string());
    values.push_back({declared[i].name(), *std::move(tensor)});
  }
  return values;
}

double RelativeTolerance(DType dtype) {
  if (dtype == DType::kFp16) return 1e-2;
  if (dtype == DType::kBf16) return 2e-2;
  return 1e-3;
}

double FloatAt(const Tensor& tensor, size_t i) {
  switch (tensor.dtype) {
    case DType::kFp16: return Fp16ToFloat(tensor.as<uint16_t>()[i]);
    case DType::kBf16: return Bf16ToFloat(tensor.as<uint16_t>()[i]);
    case DType::kFp64: return tensor.as<double>()[i];
    default: return tensor.as<float>()[i];
  }
}

bool IsFloat(DType dtype) {
  return dtype == DType::kFp16 || dtype == DType::kBf16 || dtype == DType::kFp32 ||
         dtype == DType::kFp64;
}

bool Close(double expected, double got, double relative) {
  if (std::isnan(expected) || std::isnan(got)) return std::isnan(expected) && std::isnan(got);
  if (std::isinf(expected) || std::isinf(got)) return expected == got;
  return std::abs(expected - got) <= 1e-7 + relative * std::abs(expected);
}

}  // namespace

std::vector<fs::path> ListNodeTests() {
  std::vector<fs::path> folders;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(kNodeTestFolder, error))
    if (fs::exists(entry.path() / "model.onnx")) folders.push_back(entry.path());
  std::sort(folders.begin(), folders.end());
  return folders;
}

StatusOr<std::string> ReadNodeModel(const fs::path& folder) { return ReadFile(folder / "model.onnx"); }

StatusOr<NodeTest> ReadNodeTest(const fs::path& folder) {
  NodeTest test{.name = folder.filename().string(), .model = {}, .cases = {}};
  ASSIGN_OR_RETURN(test.model, ReadNodeModel(folder));
  ASSIGN_OR_RETURN(const auto model, ParseSkeleton(std::as_bytes(std::span(test.model))));
  for (int set = 0;; ++set) {
    const fs::path data = folder / fmt::format("test_data_set_{}", set);
    if (!fs::exists(data)) break;
    NodeTestCase one;
    ASSIGN_OR_RETURN(one.inputs, ReadValues(data, "input", model.graph().input()));
    ASSIGN_OR_RETURN(one.outputs, ReadValues(data, "output", model.graph().output()));
    test.cases.push_back(std::move(one));
  }
  return test;
}

Status CompareOutput(const NamedTensor& expected, const Tensor& got) {
  const Tensor& want = expected.tensor;
  if (want.dtype != got.dtype || want.shape != got.shape)
    return Error(Reason::kInternal, "output \"{}\": expected {}, got {}", expected.name,
                 ToString(want.dtype, want.shape), ToString(got.dtype, got.shape));
  if (!IsFloat(want.dtype)) {
    if (std::ranges::equal(want.data.bytes(), got.data.bytes())) return OkStatus();
    return Error(Reason::kInternal, "output \"{}\": values differ", expected.name);
  }
  const size_t count = want.data.size() / ElementSize(want.dtype);
  for (size_t i = 0; i < count; ++i)
    if (!Close(FloatAt(want, i), FloatAt(got, i), RelativeTolerance(want.dtype)))
      return Error(Reason::kInternal, "output \"{}\", element {}: expected {}, got {}", expected.name, i,
                   FloatAt(want, i), FloatAt(got, i));
  return OkStatus();
}

}  // namespace slipway::onnx::testing
