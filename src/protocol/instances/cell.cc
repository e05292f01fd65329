#include "protocol/instances/cell.h"

#include <cmath>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>

#include "base/iso8601.h"
#include "tensor/half.h"
#include "text/decimal.h"

namespace slipway::instances {
namespace {

constexpr size_t kQuotedValue = 40;  // of a client's own words in a message

template <typename T>
bool Store(T value, std::byte* to) {
  std::memcpy(to, &value, sizeof(value));
  return true;
}

template <std::signed_integral T>
bool StoreWhole(const Decimal& number, std::byte* to) {
  int64_t wide;
  return ToInt64(number, &wide) && std::in_range<T>(wide) && Store(static_cast<T>(wide), to);
}

template <std::unsigned_integral T>
bool StoreWhole(const Decimal& number, std::byte* to) {
  uint64_t wide;
  return ToUint64(number, &wide) && std::in_range<T>(wide) && Store(static_cast<T>(wide), to);
}

bool StoreHalf(const Decimal& number, bool (*narrow)(double, uint16_t*), std::byte* to) {
  double wide;
  uint16_t bits;
  return ToDoubleToNarrow(number, &wide) && narrow(wide, &bits) && Store(bits, to);
}

/// False when the type cannot hold the number.
bool StoreNumber(const Decimal& number, DType dtype, std::byte* to) {
  float narrow;
  double wide;
  switch (dtype) {
    case DType::kUint8:
      return StoreWhole<uint8_t>(number, to);
    case DType::kUint16:
      return StoreWhole<uint16_t>(number, to);
    case DType::kUint32:
      return StoreWhole<uint32_t>(number, to);
    case DType::kUint64:
      return StoreWhole<uint64_t>(number, to);
    case DType::kInt8:
      return StoreWhole<int8_t>(number, to);
    case DType::kInt16:
      return StoreWhole<int16_t>(number, to);
    case DType::kInt32:
      return StoreWhole<int32_t>(number, to);
    case DType::kInt64:
      return StoreWhole<int64_t>(number, to);
    case DType::kFp16:
      return StoreHalf(number, NarrowToFp16, to);
    case DType::kBf16:
      return StoreHalf(number, NarrowToBf16, to);
    case DType::kFp32:
      return ToFloat(number, &narrow) && Store(narrow, to);
    case DType::kFp64:
      return ToDouble(number, &wide) && Store(wide, to);
    case DType::kBool:
      return number.whole && number.exact && number.digits <= 1 && !number.negative &&
             Store(static_cast<uint8_t>(number.digits), to);
    case DType::kBytes:
      return false;
  }
  return false;
}

/// NaN and the infinities; false for types that have none.
bool StoreSpecial(double value, DType dtype, std::byte* to) {
  switch (dtype) {
    case DType::kFp16:
      return Store(DoubleToFp16(value), to);
    case DType::kBf16:
      return Store(DoubleToBf16(value), to);
    case DType::kFp32:
      return Store(static_cast<float>(value), to);
    case DType::kFp64:
      return Store(value, to);
    default:
      return false;
  }
}

bool StoreBool(bool value, DType dtype, std::byte* to) {
  if (dtype == DType::kBool) return Store(static_cast<uint8_t>(value), to);
  const std::string_view digit = value ? "1" : "0";
  Decimal number;
  const char* broken;
  ScanDecimal(digit.data(), digit.data() + digit.size(), &number, &broken);
  return StoreNumber(number, dtype, to);
}

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// What stands for a value that no digits can say.
std::optional<double> SpecialValue(std::string_view text) {
  if (text.empty() || text == "NaN" || text == "nan") return kNan;
  if (text == "inf" || text == "Infinity") return kInfinity;
  if (text == "-inf" || text == "-Infinity") return -kInfinity;
  return std::nullopt;
}

std::optional<Decimal> NumberIn(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  Decimal number;
  const char* broken;
  const char* const end = text.data() + text.size();
  if (text.empty() || ScanDecimal(text.data(), end, &number, &broken) != end) return std::nullopt;
  return number;
}

std::string_view Trim(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") + 1 - first);
}

std::optional<bool> BoolIn(std::string_view text) {
  if (text == "true" || text == "True") return true;
  if (text == "false" || text == "False") return false;
  return std::nullopt;
}

bool Parse(std::string_view text, DType dtype, std::byte* to) {
  if (const auto number = NumberIn(text)) return StoreNumber(*number, dtype, to);
  if (const auto special = SpecialValue(text)) return StoreSpecial(*special, dtype, to);
  const auto value = BoolIn(text);
  return value && StoreBool(*value, dtype, to);
}

Status ReadNumberCell(JsonReader& reader, DType dtype, std::byte* to) {
  std::string_view text;
  RETURN_IF_ERROR(reader.ReadNumberText(&text));
  if (Parse(text, dtype, to)) return OkStatus();
  return reader.Refuse(
      fmt::format("expected {}, got {}", NameOf(dtype), text.substr(0, kQuotedValue)));
}

std::string_view NameOf(ColumnSpec::Kind kind) {
  switch (kind) {
    case ColumnSpec::Kind::kBoolean:
      return "a boolean";
    case ColumnSpec::Kind::kInteger:
      return "an integer of 32 bits";
    case ColumnSpec::Kind::kLong:
      return "an integer of 64 bits";
    case ColumnSpec::Kind::kFloat:
    case ColumnSpec::Kind::kDouble:
      return "a number";
    case ColumnSpec::Kind::kString:
      return "text";
  }
  return "text";
}

/// `value` as `kind` holds it; nullopt when it cannot.
std::optional<double> CastTo(ColumnSpec::Kind kind, double value) {
  switch (kind) {
    case ColumnSpec::Kind::kBoolean:
      return value != 0;
    case ColumnSpec::Kind::kInteger:
      return std::abs(value) < 0x1p31 ? std::optional(std::trunc(value)) : std::nullopt;
    case ColumnSpec::Kind::kLong:
      return std::abs(value) < 0x1p63 ? std::optional(std::trunc(value)) : std::nullopt;
    case ColumnSpec::Kind::kFloat:
      return static_cast<float>(value);
    case ColumnSpec::Kind::kDouble:
      return value;
    case ColumnSpec::Kind::kString:
      return std::nullopt;
  }
  return std::nullopt;
}

bool IsWhole(ColumnSpec::Kind kind) {
  return kind == ColumnSpec::Kind::kInteger || kind == ColumnSpec::Kind::kLong;
}

/// A text that stands for a number of `kind`: "5.5" is no whole one, and no text is a boolean.
std::optional<double> ParseDeclared(std::string_view text, ColumnSpec::Kind kind) {
  if (kind == ColumnSpec::Kind::kBoolean) return std::nullopt;
  const std::string_view trimmed = Trim(text);
  if (IsWhole(kind) && trimmed.find_first_not_of("+-0123456789") != trimmed.npos)
    return std::nullopt;
  double value;
  if (!Parse(trimmed, DType::kFp64, reinterpret_cast<std::byte*>(&value))) return std::nullopt;
  return CastTo(kind, value);
}

/// The cell's value; nullopt for one that the kind cannot hold.
StatusOr<std::optional<double>> DeclaredValue(JsonReader& reader, ColumnSpec::Kind kind) {
  ASSIGN_OR_RETURN(const JsonType type, reader.Peek());
  if (type == JsonType::kString) {
    std::string_view text;
    RETURN_IF_ERROR(reader.ReadString(&text));
    return ParseDeclared(text, kind);
  }
  if (type == JsonType::kNull && kind == ColumnSpec::Kind::kBoolean) {
    RETURN_IF_ERROR(reader.ReadNull());
    return std::optional(0.0);
  }
  double value;
  RETURN_IF_ERROR(ReadCell(reader, DType::kFp64, reinterpret_cast<std::byte*>(&value)));
  return CastTo(kind, value);
}

}  // namespace

Status ReadDeclaredCell(JsonReader& reader, ColumnSpec::Kind kind, DType dtype, std::byte* to) {
  ASSIGN_OR_RETURN(const std::optional<double> value, DeclaredValue(reader, kind));
  if (!value) return reader.Refuse(fmt::format("expected {}", NameOf(kind)));
  StoreSpecial(*value, dtype, to);
  return OkStatus();
}

Status ParseDeclaredCell(std::string_view text, ColumnSpec::Kind kind, DType dtype, std::byte* to) {
  double value;
  const auto is_safe = [&] {
    if (!Parse(Trim(text), DType::kFp64, reinterpret_cast<std::byte*>(&value))) return false;
    if (kind == ColumnSpec::Kind::kBoolean) return value == 0 || value == 1;
    const auto cast = CastTo(kind, value);
    return cast && (!IsWhole(kind) || *cast == value);
  };
  if (!is_safe())
    return Error(Reason::kBadRequest, "expected {}, got \"{}\"", NameOf(kind),
                 text.substr(0, kQuotedValue));
  StoreSpecial(*CastTo(kind, value), dtype, to);
  return OkStatus();
}

Status ReadCell(JsonReader& reader, DType dtype, std::byte* to) {
  ASSIGN_OR_RETURN(const JsonType type, reader.Peek());
  switch (type) {
    case JsonType::kNumber:
      return ReadNumberCell(reader, dtype, to);
    case JsonType::kNull:
      if (!StoreSpecial(kNan, dtype, to)) return reader.Expected(NameOf(dtype));
      return reader.ReadNull();
    case JsonType::kTrue:
    case JsonType::kFalse: {
      bool value;
      RETURN_IF_ERROR(reader.ReadBool(&value));
      StoreBool(value, dtype, to);
      return OkStatus();
    }
    default:
      return reader.Expected(NameOf(dtype));
  }
}

Status ParseCell(std::string_view text, DType dtype, std::byte* to) {
  if (Parse(Trim(text), dtype, to)) return OkStatus();
  return Error(Reason::kBadRequest, "expected {}, got \"{}\"", NameOf(dtype),
               text.substr(0, kQuotedValue));
}

Status ReadTimeCell(JsonReader& reader, std::byte* to) {
  ASSIGN_OR_RETURN(const JsonType type, reader.Peek());
  if (type != JsonType::kString) return ReadCell(reader, DType::kFp64, to);
  std::string_view text;
  RETURN_IF_ERROR(reader.ReadString(&text));
  double seconds = kNan;
  if (!text.empty() && !ParseIso8601(text, &seconds))
    return reader.Refuse(fmt::format("expected a time like \"2024-02-29T23:59:59Z\", got \"{}\"",
                                     text.substr(0, kQuotedValue)));
  Store(seconds, to);
  return OkStatus();
}

Status ParseTimeCell(std::string_view text, std::byte* to) {
  text = Trim(text);
  double seconds;
  if (ParseIso8601(text, &seconds)) return Store(seconds, to), OkStatus();
  if (Parse(text, DType::kFp64, to)) return OkStatus();
  return Error(Reason::kBadRequest, "expected a time like \"2024-02-29T23:59:59Z\", got \"{}\"",
               text.substr(0, kQuotedValue));
}

bool IsValueCell(std::string_view text) {
  const std::string_view trimmed = Trim(text);
  double ignored;
  return NumberIn(trimmed) || SpecialValue(trimmed) || BoolIn(trimmed) ||
         ParseIso8601(trimmed, &ignored);
}

}  // namespace slipway::instances
