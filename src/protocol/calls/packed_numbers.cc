#include "protocol/calls/packed_numbers.h"

#include "protobuf/message_writer.h"

namespace slipway {
namespace {

template <typename T>
void Append(const Tensor& tensor, uint32_t number, std::string& out) {
  protobuf::MessageWriter writer(out);
  const size_t packed = writer.Begin(number);
  for (const T value : tensor.as<T>())
    protobuf::AppendVarint(out, static_cast<uint64_t>(static_cast<int64_t>(value)));
  writer.End(packed);
}

}  // namespace

void AppendPackedNumbers(const Tensor& tensor, uint32_t number, std::string& out) {
  switch (tensor.dtype) {
    case DType::kBool:
    case DType::kUint8:
      return Append<uint8_t>(tensor, number, out);
    case DType::kUint16:
    case DType::kFp16:
    case DType::kBf16:
      return Append<uint16_t>(tensor, number, out);
    case DType::kUint32:
      return Append<uint32_t>(tensor, number, out);
    case DType::kUint64:
      return Append<uint64_t>(tensor, number, out);
    case DType::kInt8:
      return Append<int8_t>(tensor, number, out);
    case DType::kInt16:
      return Append<int16_t>(tensor, number, out);
    case DType::kInt32:
      return Append<int32_t>(tensor, number, out);
    case DType::kInt64:
      return Append<int64_t>(tensor, number, out);
    case DType::kFp32:
    case DType::kFp64:
    case DType::kBytes:
      return;
  }
}

}  // namespace slipway
