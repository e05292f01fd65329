#include "data/parquet/thrift.h"

namespace slipway::data::parquet {
namespace {

constexpr int kMaxDepth = 16;  // Parquet's own structs are five deep
constexpr size_t kLongList = 15;

}  // namespace

uint8_t ThriftReader::Byte() {
  cut_ |= rest_.empty();
  if (!ok()) return 0;
  const auto byte = static_cast<uint8_t>(rest_.front());
  rest_.remove_prefix(1);
  return byte;
}

uint64_t ThriftReader::Varint() {
  uint64_t value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    const uint8_t byte = Byte();
    value |= static_cast<uint64_t>(byte & 0x7F) << shift;
    if (byte < 0x80) return value;
  }
  Check(false);
  return 0;
}

ThriftReader::Field ThriftReader::NextField(int32_t& last) {
  const uint8_t head = Byte();
  const auto type = static_cast<Type>(head & 0x0F);
  if (type == Type::kStop || !Check(type <= Type::kStruct)) return {};
  const int64_t id = head >> 4 != 0 ? last + (head >> 4) : IntElement();
  if (!Check(id >= INT16_MIN && id <= INT16_MAX)) return {};
  last = static_cast<int32_t>(id);
  return {last, type};
}

int64_t ThriftReader::Int(const Field& field) {
  if (field.type == Type::kByte) return static_cast<int8_t>(Byte());
  if (!Check(field.type == Type::kI16 || field.type == Type::kI32 || field.type == Type::kI64))
    return 0;
  const int64_t value = IntElement();
  const bool fits = field.type == Type::kI64 || (value >= INT32_MIN && value <= INT32_MAX);
  return Check(fits) ? value : 0;
}

bool ThriftReader::Bool(const Field& field) {
  return Check(field.type == Type::kTrue || field.type == Type::kFalse) &&
         field.type == Type::kTrue;
}

std::string_view ThriftReader::Binary(const Field& field) {
  return Check(field.type == Type::kBinary) ? BinaryElement() : std::string_view();
}

std::string_view ThriftReader::BinaryElement() {
  const uint64_t size = Varint();
  cut_ |= size > rest_.size();
  if (!ok()) return {};
  const std::string_view bytes = rest_.substr(0, static_cast<size_t>(size));
  rest_.remove_prefix(bytes.size());
  return bytes;
}

uint64_t ThriftReader::ListSize(const Field& field, Type element) {
  if (!Check(field.type == Type::kList)) return 0;
  const uint8_t head = Byte();
  const uint64_t size = head >> 4 == kLongList ? Varint() : head >> 4;
  Check(size == 0 || static_cast<Type>(head & 0x0F) == element);
  cut_ |= size > rest_.size();  // an element has a byte at least
  return ok() ? size : 0;
}

void ThriftReader::Skip(Type type, int depth) {
  if (!Check(depth < kMaxDepth)) return;
  switch (type) {
    case Type::kStop:
    case Type::kTrue:
    case Type::kFalse:
      return;
    case Type::kByte:
      Byte();
      return;
    case Type::kI16:
    case Type::kI32:
    case Type::kI64:
      Varint();
      return;
    case Type::kDouble:
      cut_ |= rest_.size() < sizeof(double);
      if (ok()) rest_.remove_prefix(sizeof(double));
      return;
    case Type::kBinary:
      BinaryElement();
      return;
    case Type::kList:
    case Type::kSet: {
      const uint8_t head = Byte();
      SkipElements(static_cast<Type>(head & 0x0F), head >> 4 == kLongList ? Varint() : head >> 4,
                   depth);
      return;
    }
    case Type::kMap: {
      const uint64_t size = Varint();
      const uint8_t types = size == 0 ? 0 : Byte();
      for (uint64_t i = 0; i < size && ok(); ++i) {
        SkipElements(static_cast<Type>(types >> 4), 1, depth);
        SkipElements(static_cast<Type>(types & 0x0F), 1, depth);
      }
      return;
    }
    case Type::kStruct:
      for (int32_t last = 0; ok();) {
        const Field field = NextField(last);
        if (field.type == Type::kStop) return;
        Skip(field.type, depth + 1);
      }
      return;
  }
}

void ThriftReader::SkipElements(Type type, uint64_t count, int depth) {
  if (!Check(type <= Type::kStruct && (type != Type::kStop || count == 0))) return;
  cut_ |= count > rest_.size();
  const bool is_bool = type == Type::kTrue || type == Type::kFalse;  // a byte each in collections
  for (; count > 0 && ok(); --count) Skip(is_bool ? Type::kByte : type, depth + 1);
}

}  // namespace slipway::data::parquet
