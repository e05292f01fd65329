#include <cmath>
#include <cstring>

#include "bundle/artifact.h"
#include "tensor/half.h"

namespace slipway::bundle {
namespace {

bool IsFloat(DType dtype) {
  return dtype == DType::kFp16 || dtype == DType::kBf16 || dtype == DType::kFp32 ||
         dtype == DType::kFp64;
}

double FloatAt(const Tensor& tensor, size_t i) {
  switch (tensor.dtype) {
    case DType::kFp16:
      return Fp16ToFloat(tensor.as<uint16_t>()[i]);
    case DType::kBf16:
      return Bf16ToFloat(tensor.as<uint16_t>()[i]);
    case DType::kFp32:
      return tensor.as<float>()[i];
    default:
      return tensor.as<double>()[i];
  }
}

bool Close(double expected, double got, Tolerance tolerance) {
  if (std::isnan(expected) || std::isnan(got)) return std::isnan(expected) && std::isnan(got);
  if (std::isinf(expected) || std::isinf(got)) return expected == got;
  return std::abs(got - expected) <= tolerance.absolute + tolerance.relative * std::abs(expected);
}

Status CompareFloats(std::string_view name, const Tensor& expected, const Tensor& got,
                     Tolerance tolerance) {
  const size_t count = expected.data.size() / ElementSize(expected.dtype);
  for (size_t i = 0; i < count; ++i) {
    const double want = FloatAt(expected, i), have = FloatAt(got, i);
    if (Close(want, have, tolerance)) continue;
    return Error(
        Reason::kBadModel,
        "output \"{}\", element {}: expected {}, got {} (tolerance: {} absolute, {} relative)",
        name, i, want, have, tolerance.absolute, tolerance.relative);
  }
  return OkStatus();
}

// Element by element, so that the message can name the first one that differs.
Status CompareStrings(std::string_view name, const Tensor& expected, const Tensor& got) {
  BytesReader want(expected.data.bytes()), have(got.data.bytes());
  std::string_view a, b;
  for (size_t i = 0;; ++i) {
    const bool more = want.Next(&a);
    if (more != have.Next(&b))
      return Error(Reason::kBadModel, "output \"{}\": elements end at {}", name, i);
    if (!more) return OkStatus();
    if (a != b) {
      return Error(Reason::kBadModel, "output \"{}\", element {}: expected \"{}\", got \"{}\"",
                   name, i, a.substr(0, 100), b.substr(0, 100));
    }
  }
}

std::string IntegerAt(const Tensor& tensor, size_t i) {
  switch (tensor.dtype) {
    case DType::kUint8:
      return std::to_string(tensor.as<uint8_t>()[i]);
    case DType::kUint16:
      return std::to_string(tensor.as<uint16_t>()[i]);
    case DType::kUint32:
      return std::to_string(tensor.as<uint32_t>()[i]);
    case DType::kUint64:
      return std::to_string(tensor.as<uint64_t>()[i]);
    case DType::kInt8:
      return std::to_string(tensor.as<int8_t>()[i]);
    case DType::kInt16:
      return std::to_string(tensor.as<int16_t>()[i]);
    case DType::kInt32:
      return std::to_string(tensor.as<int32_t>()[i]);
    case DType::kInt64:
      return std::to_string(tensor.as<int64_t>()[i]);
    default:
      return tensor.as<uint8_t>()[i] ? "true" : "false";
  }
}

Status CompareIntegers(std::string_view name, const Tensor& expected, const Tensor& got) {
  const size_t size = ElementSize(expected.dtype);
  for (size_t i = 0; i < expected.data.size() / size; ++i) {
    if (std::memcmp(expected.data.data() + i * size, got.data.data() + i * size, size) == 0)
      continue;
    return Error(Reason::kBadModel, "output \"{}\", element {}: expected {}, got {}", name, i,
                 IntegerAt(expected, i), IntegerAt(got, i));
  }
  return OkStatus();
}

Status CompareOne(const NamedTensor& expected, const Tensor& got, Tolerance tolerance) {
  const auto& [name, want] = expected;
  if (want.dtype != got.dtype || want.shape != got.shape) {
    return Error(Reason::kBadModel, "output \"{}\": expected {}, got {}", name,
                 ToString(want.dtype, want.shape), ToString(got.dtype, got.shape));
  }
  if (want.dtype == DType::kBytes) return CompareStrings(name, want, got);
  if (want.data.size() != got.data.size()) {
    return Error(Reason::kBadModel, "output \"{}\": expected {} bytes, got {}", name,
                 want.data.size(), got.data.size());
  }
  if (IsFloat(want.dtype)) return CompareFloats(name, want, got, tolerance);
  return CompareIntegers(name, want, got);
}

}  // namespace

Status Compare(const std::vector<NamedTensor>& expected, const std::vector<Tensor>& got,
               const std::vector<Tolerance>& tolerances) {
  if (expected.size() != got.size()) {
    return Error(Reason::kBadModel, "expected {} outputs, got {}", expected.size(), got.size());
  }
  for (size_t i = 0; i < expected.size(); ++i) {
    const Tolerance tolerance = i < tolerances.size() ? tolerances[i] : Tolerance();
    RETURN_IF_ERROR(CompareOne(expected[i], got[i], tolerance));
  }
  return OkStatus();
}

}  // namespace slipway::bundle
