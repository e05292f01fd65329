#include "protocol/tfserving/result_message.h"

#include <bit>
#include <cstring>

#include "protobuf/message_reader.h"
#include "protobuf/message_writer.h"
#include "protocol/tfserving/results.h"
#include "tensor/half.h"

namespace slipway::tfserving {
namespace {

using protobuf::MessageWriter;

enum ResultField : uint32_t { kItem = 1 };  // classifications, regressions
enum ClassificationsField : uint32_t { kClass = 1 };
enum ClassField : uint32_t { kLabel = 1, kScore };
enum RegressionField : uint32_t { kValue = 1 };

float FloatAt(const Tensor& tensor, size_t index) {
  switch (tensor.dtype) {
    case DType::kFp64:
      return static_cast<float>(tensor.as<double>()[index]);
    case DType::kFp16:
      return Fp16ToFloat(tensor.as<uint16_t>()[index]);
    case DType::kBf16:
      return Bf16ToFloat(tensor.as<uint16_t>()[index]);
    default:
      return tensor.as<float>()[index];
  }
}

void AppendFloat(uint32_t number, float value, std::string& out) {
  protobuf::AppendVarint(out, protobuf::Tag(number, protobuf::WireType::kFixed32));
  const auto bits = std::bit_cast<uint32_t>(value);
  out.append(reinterpret_cast<const char*>(&bits), sizeof(bits));
}

}  // namespace

Status AppendClassifications(uint32_t number, const Tensor& scores, const Tensor* classes,
                             const std::vector<std::string>& labels, std::string& out) {
  RETURN_IF_ERROR(CheckClassifications(scores, classes));
  const Shape& shape = scores.shape;
  const size_t rows = static_cast<size_t>(shape[0]);
  const size_t width = shape.size() == 2 ? static_cast<size_t>(shape[1]) : 1;
  BytesReader names(classes != nullptr ? classes->data.bytes() : std::span<const std::byte>());
  MessageWriter writer(out);
  const size_t result = writer.Begin(number);
  for (size_t row = 0; row < rows; ++row) {
    const size_t item = writer.Begin(kItem);
    for (size_t i = 0; i < width; ++i) {
      std::string_view name = i < labels.size() ? std::string_view(labels[i]) : "";
      if (classes != nullptr) names.Next(&name);
      const size_t one = writer.Begin(kClass);
      writer.Bytes(kLabel, name);
      AppendFloat(kScore, FloatAt(scores, row * width + i), out);
      writer.End(one);
    }
    writer.End(item);
  }
  writer.End(result);
  return OkStatus();
}

Status AppendRegressions(uint32_t number, const Tensor& values, std::string& out) {
  RETURN_IF_ERROR(CheckRegressions(values));
  MessageWriter writer(out);
  const size_t result = writer.Begin(number);
  for (size_t i = 0; i < static_cast<size_t>(values.shape[0]); ++i) {
    const size_t item = writer.Begin(kItem);
    AppendFloat(kValue, FloatAt(values, i), out);
    writer.End(item);
  }
  writer.End(result);
  return OkStatus();
}

}  // namespace slipway::tfserving
