#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>

#include "import/pickle/text.h"
#include "import/pickle/value.h"
#include "tensor/half.h"

namespace slipway::pickle {
namespace {

std::string TypeName(const ArrayType& type) {
  return fmt::format("{}{}", type.kind, type.item_bytes);
}

Status Unexpected(std::string_view expected, const ArrayType& type) {
  return Error(Reason::kBadModel, "expected an array of {}, got one of type {}", expected,
               TypeName(type));
}

/// Calls `take(element)` for each element as T; its Status ends the loop.
template <typename T, typename Take>
Status ForEach(std::span<const std::byte> bytes, Take&& take) {
  for (size_t at = 0; at + sizeof(T) <= bytes.size(); at += sizeof(T)) {
    T element;
    std::memcpy(&element, bytes.data() + at, sizeof(T));
    RETURN_IF_ERROR(take(element));
  }
  return OkStatus();
}

/// The same for whatever number type the array has.
template <typename Take>
Status ForEachNumber(const Array& array, Take&& take) {
  const auto bytes = array.bytes;
  switch (array.type.kind << 8 | static_cast<int>(std::min<size_t>(array.type.item_bytes, 255))) {
    case 'b' << 8 | 1:
      return ForEach<uint8_t>(bytes, [&](uint8_t bit) { return take(int64_t{bit != 0}); });
    case 'i' << 8 | 1:
      return ForEach<int8_t>(bytes, [&](int8_t v) { return take(int64_t{v}); });
    case 'i' << 8 | 2:
      return ForEach<int16_t>(bytes, [&](int16_t v) { return take(int64_t{v}); });
    case 'i' << 8 | 4:
      return ForEach<int32_t>(bytes, [&](int32_t v) { return take(int64_t{v}); });
    case 'i' << 8 | 8:
      return ForEach<int64_t>(bytes, take);
    case 'u' << 8 | 1:
      return ForEach<uint8_t>(bytes, [&](uint8_t v) { return take(int64_t{v}); });
    case 'u' << 8 | 2:
      return ForEach<uint16_t>(bytes, [&](uint16_t v) { return take(int64_t{v}); });
    case 'u' << 8 | 4:
      return ForEach<uint32_t>(bytes, [&](uint32_t v) { return take(int64_t{v}); });
    case 'u' << 8 | 8:
      return ForEach<uint64_t>(bytes, take);
    case 'f' << 8 | 2:
      return ForEach<uint16_t>(bytes, [&](uint16_t v) { return take(double{Fp16ToFloat(v)}); });
    case 'f' << 8 | 4:
      return ForEach<float>(bytes, [&](float v) { return take(double{v}); });
    case 'f' << 8 | 8:
      return ForEach<double>(bytes, take);
    default:
      return Unexpected("numbers", array.type);
  }
}

Status ToDouble(double value, double& out) {
  out = value;
  return OkStatus();
}
template <std::integral T>
Status ToDouble(T value, double& out) {
  constexpr double kBeyond = std::is_signed_v<T> ? 0x1p63 : 0x1p64;
  out = static_cast<double>(value);
  if (out < kBeyond && static_cast<T>(out) == value) return OkStatus();
  return Error(Reason::kBadModel, "expected numbers that a double holds, got {}", value);
}

Status ToInteger(int64_t value, int64_t& out) {
  out = value;
  return OkStatus();
}
Status ToInteger(uint64_t value, int64_t& out) {
  out = static_cast<int64_t>(value);
  if (out >= 0) return OkStatus();
  return Error(Reason::kBadModel, "expected integers of 64 bits, got {}", value);
}
Status ToInteger(double value, int64_t& out) {
  if (!(value >= -0x1p63 && value < 0x1p63) || std::trunc(value) != value)
    return Error(Reason::kBadModel, "expected whole numbers, got {}", value);
  out = static_cast<int64_t>(value);
  return OkStatus();
}

/// numpy pads strings with NUL at their end.
StatusOr<std::string> FixedString(const ArrayType& type, const std::byte* at) {
  std::string text;
  if (type.kind == 'S') {
    text.assign(reinterpret_cast<const char*>(at), type.item_bytes);
  } else {
    for (size_t i = 0; i + 4 <= type.item_bytes; i += 4) {
      uint32_t code;
      std::memcpy(&code, at + i, 4);
      if (!AppendUtf8(text, code))
        return Error(Reason::kBadModel, "expected characters in a string, got U+{:X}", code);
    }
  }
  text.resize(text.find_last_not_of('\0') + 1);
  return text;
}

}  // namespace

size_t Array::count() const {
  if (type.kind == 'O') return objects.size();
  if (type.item_bytes > 0) return bytes.size() / type.item_bytes;
  return shape.empty() ? 1 : 0;  // the empty string as a scalar
}

void Array::Hold(std::vector<std::byte> owned) {
  owned_ = std::make_shared<const std::vector<std::byte>>(std::move(owned));
  bytes = *owned_;
}

StatusOr<std::vector<double>> Array::Doubles() const {
  std::vector<double> out;
  out.reserve(count());
  RETURN_IF_ERROR(
      ForEachNumber(*this, [&](auto value) { return ToDouble(value, out.emplace_back()); }));
  return out;
}

StatusOr<std::vector<float>> Array::Floats() const {
  if (type.kind != 'f' || type.item_bytes > 4) return Unexpected("f4 or f2", type);
  std::vector<float> out;
  out.reserve(count());
  RETURN_IF_ERROR(ForEachNumber(*this, [&](auto value) {
    out.push_back(static_cast<float>(value));
    return OkStatus();
  }));
  return out;
}

StatusOr<std::vector<int64_t>> Array::Integers() const {
  std::vector<int64_t> out;
  out.reserve(count());
  RETURN_IF_ERROR(
      ForEachNumber(*this, [&](auto value) { return ToInteger(value, out.emplace_back()); }));
  return out;
}

StatusOr<std::vector<std::string>> Array::Strings() const {
  std::vector<std::string> out;
  out.reserve(count());
  if (type.kind == 'O') {
    for (const Value object : objects) {
      if (!object.is(Kind::kString))
        return Error(Reason::kBadModel, "expected an array of strings, got one with {}",
                     KindName(object.kind()));
      out.emplace_back(object.text());
    }
    return out;
  }
  if (type.kind != 'S' && type.kind != 'U') return Unexpected("strings", type);
  for (size_t i = 0; i < count(); ++i) {
    ASSIGN_OR_RETURN(std::string text, FixedString(type, bytes.data() + i * type.item_bytes));
    out.push_back(std::move(text));
  }
  return out;
}

StatusOr<Array> Array::Field(std::string_view name) const {
  const auto field = std::find_if(type.fields.begin(), type.fields.end(),
                                  [&](const ArrayType::Field& f) { return f.name == name; });
  if (field == type.fields.end())
    return Error(Reason::kBadModel, "expected an array with a field \"{}\", got type {} without it",
                 name, TypeName(type));
  const size_t rows = count(), width = field->item_bytes;
  std::vector<std::byte> column(rows * width);
  const std::byte* const first = bytes.data() + field->offset_bytes;
  const auto copy = [&](size_t row, size_t size) {
    std::memcpy(column.data() + row * size, first + row * type.item_bytes, size);
  };
  if (width == sizeof(double))  // which the compiler turns into one move
    for (size_t row = 0; row < rows; ++row) copy(row, sizeof(double));
  else
    for (size_t row = 0; row < rows; ++row) copy(row, width);
  Array out;
  out.type = {.kind = field->kind, .item_bytes = width};
  out.shape = shape;
  out.Hold(std::move(column));
  return out;
}

}  // namespace slipway::pickle
