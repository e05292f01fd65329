#include "onnx/testing/node_test_data.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <iterator>
#include <optional>

#include "onnx/onnx.pb.h"
#include "onnx/onnx_data.pb.h"
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

// The tensor in a file, whose kind the model's declaration tells; nullopt for an empty optional.
StatusOr<std::optional<Tensor>> ReadValue(const std::string& bytes, const ::onnx::TypeProto& type) {
  ::onnx::TensorProto proto;
  if (type.has_optional_type() && type.optional_type().elem_type().has_tensor_type()) {
    ::onnx::OptionalProto optional;
    if (!optional.ParseFromString(bytes)) return MakeError(Reason::kBadModel, "not an optional");
    if (!optional.has_tensor_value()) return std::optional<Tensor>();
    proto = optional.tensor_value();
  } else if (!type.has_tensor_type()) {
    return MakeError(Reason::kUnsupported, "not a tensor");
  } else if (!proto.ParseFromString(bytes)) {
    return MakeError(Reason::kBadModel, "not a tensor");
  }
  ASSIGN_OR_RETURN(Tensor tensor, ToTensor(proto));
  const bool bf16 = type.tensor_type().elem_type() == ::onnx::TensorProto::BFLOAT16;
  if (bf16 && tensor.dtype == DType::kUint16) tensor.dtype = DType::kBf16;
  return std::optional<Tensor>(std::move(tensor));
}

StatusOr<std::vector<NamedTensor>> ReadValues(
    const fs::path& folder, std::string_view kind,
    const google::protobuf::RepeatedPtrField<::onnx::ValueInfoProto>& declared) {
  std::vector<NamedTensor> values;
  for (int i = 0; i < declared.size(); ++i) {
    const fs::path path = folder / fmt::format("{}_{}.pb", kind, i);
    if (!fs::exists(path)) continue;
    ASSIGN_OR_RETURN(const std::string bytes, ReadFile(path));
    auto tensor = ReadValue(bytes, declared[i].type());
    if (!tensor.ok()) return Annotate(tensor.status(), path.filename().string());
    if (*tensor) values.push_back({declared[i].name(), **std::move(tensor)});
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

bool Close(double expected, double got, double relative, double absolute) {
  if (std::isnan(expected) || std::isnan(got)) return std::isnan(expected) && std::isnan(got);
  if (std::isinf(expected) || std::isinf(got)) return expected == got;
  return std::abs(expected - got) <= absolute + relative * std::abs(expected);
}

Status CompareFloats(const NamedTensor& expected, const Tensor& got) {
  const Tensor& want = expected.tensor;
  const size_t count = want.data.size() / ElementSize(want.dtype);
  double largest = 0;
  for (size_t i = 0; i < count; ++i)
    if (const double v = std::abs(FloatAt(want, i)); std::isfinite(v)) largest = std::max(largest, v);
  const double absolute = std::max(1e-7, 1e-5 * largest);
  for (size_t i = 0; i < count; ++i)
    if (!Close(FloatAt(want, i), FloatAt(got, i), RelativeTolerance(want.dtype), absolute))
      return Error(Reason::kInternal, "output \"{}\", element {}: expected {}, got {}", expected.name, i,
                   FloatAt(want, i), FloatAt(got, i));
  return OkStatus();
}

std::optional<double> NumberOf(std::string_view text) {
  double value;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Status CompareStrings(const NamedTensor& expected, const Tensor& got) {
  BytesReader want_reader(expected.tensor.data.bytes()), got_reader(got.data.bytes());
  std::string_view want, have;
  while (want_reader.Next(&want) && got_reader.Next(&have)) {
    if (want == have) continue;
    const auto a = NumberOf(want), b = NumberOf(have);
    if (!a || !b || !Close(*a, *b, RelativeTolerance(DType::kFp32), 1e-7))
      return Error(Reason::kInternal, "output \"{}\": expected \"{}\", got \"{}\"", expected.name, want,
                   have);
  }
  return OkStatus();
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

bool NodeTest::is_random() const {
  if (name.find("zero_ratio") != name.npos) return false;
  return name.starts_with("test_bernoulli") || name.starts_with("test_training_dropout");
}

Status CompareOutput(const NodeTest& test, const NamedTensor& expected, const Tensor& got) {
  const Tensor& want = expected.tensor;
  if (want.dtype != got.dtype || want.shape != got.shape)
    return Error(Reason::kInternal, "output \"{}\": expected {}, got {}", expected.name,
                 ToString(want.dtype, want.shape), ToString(got.dtype, got.shape));
  if (test.is_random()) return OkStatus();
  if (IsFloat(want.dtype)) return CompareFloats(expected, got);
  if (want.dtype == DType::kBytes) return CompareStrings(expected, got);
  if (std::ranges::equal(want.data.bytes(), got.data.bytes())) return OkStatus();
  return Error(Reason::kInternal, "output \"{}\": values differ", expected.name);
}

}  // namespace slipway::onnx::testing
