#include "data/parquet/schema.h"

#include <array>
#include <unordered_set>

#include "base/utf8.h"
#include "data/parquet/values.h"
#include "data/row_batch.h"

namespace slipway::data::parquet {
namespace {

using Field = ThriftReader::Field;

constexpr std::array<std::string_view, 8> kPhysicalNames = {
    "BOOLEAN", "INT32", "INT64", "INT96", "FLOAT", "DOUBLE", "BYTE_ARRAY", "FIXED_LEN_BYTE_ARRAY"};
constexpr int64_t kRepeated = 2;
constexpr int64_t kMaxScale = 76;
constexpr int64_t kMaxFixedBytes = int64_t{1} << 20;

/// ConvertedType and LogicalType of parquet.thrift.
enum Converted {
  kUtf8 = 0,
  kEnum = 4,
  kDecimal = 5,
  kDate = 6,
  kTimeMillis = 7,
  kTimeMicros = 8,
  kTimestampMillis = 9,
  kTimestampMicros = 10,
  kUint8 = 11,
  kUint64 = 14,
  kInt8 = 15,
  kInt64 = 18,
  kJson = 19
};
enum Logical {
  kLogicalString = 1,
  kLogicalEnum = 4,
  kLogicalDecimal = 5,
  kLogicalDate = 6,
  kLogicalTime = 7,
  kLogicalTimestamp = 8,
  kLogicalInteger = 10,
  kLogicalNull = 11,
  kLogicalJson = 12,
  kLogicalUuid = 14,
  kLogicalHalf = 15
};

struct Element {
  std::string_view name;
  int64_t type = -1, width = 0, repetition = 0, children = -1, converted = -1, scale = 0;
  int logical = -1;
  int64_t logical_scale = 0, ticks = 1;
  bool is_signed = true;
};

int64_t ReadUnit(ThriftReader& thrift) {
  int64_t ticks = 0;
  thrift.Struct([&](const Field& unit) {
    ticks = unit.id == 1 ? 1'000 : unit.id == 2 ? 1'000'000 : unit.id == 3 ? 1'000'000'000 : 0;
    return false;
  });
  return ticks;
}

void ReadLogicalType(ThriftReader& thrift, Element& element) {
  thrift.Struct([&](const Field& type) {
    element.logical = type.id;
    if (!thrift.IsStruct(type)) return true;
    thrift.Struct([&](const Field& field) {
      const bool has_unit = type.id == kLogicalTime || type.id == kLogicalTimestamp;
      if (has_unit && field.id == 2 && thrift.IsStruct(field))
        element.ticks = ReadUnit(thrift);
      else if (type.id == kLogicalDecimal && field.id == 1)
        element.logical_scale = thrift.Int(field);
      else if (type.id == kLogicalInteger && field.id == 2)
        element.is_signed = thrift.Bool(field);
      else
        return false;
      return true;
    });
    return true;
  });
}

/// Of SchemaElement.
constexpr int kElementName = 4, kElementLogicalType = 10;
constexpr std::pair<int, int64_t Element::*> kElementNumbers[] = {
    {1, &Element::type},     {2, &Element::width},     {3, &Element::repetition},
    {5, &Element::children}, {6, &Element::converted}, {7, &Element::scale}};

Element ReadElement(ThriftReader& thrift) {
  Element element;
  thrift.Struct([&](const Field& field) {
    for (const auto& [id, number] : kElementNumbers) {
      if (id != field.id) continue;
      element.*number = thrift.Int(field);
      return true;
    }
    if (field.id == kElementName)
      element.name = thrift.Binary(field);
    else if (field.id == kElementLogicalType && thrift.IsStruct(field))
      ReadLogicalType(thrift, element);
    else
      return field.id == kElementLogicalType;
    return true;
  });
  return element;
}

/// Puts what files without logical types say into their terms. False for what has none.
bool TranslateConverted(Element& element) {
  const int64_t type = element.converted;
  if (element.logical >= 0 || type < 0) return true;
  element.logical_scale = element.scale;
  element.is_signed = type < kUint8 || type > kUint64;
  element.ticks = type == kTimeMillis || type == kTimestampMillis ? 1'000 : 1'000'000;
  element.logical = type == kUtf8                                          ? kLogicalString
                    : type == kEnum                                        ? kLogicalEnum
                    : type == kJson                                        ? kLogicalJson
                    : type == kDecimal                                     ? kLogicalDecimal
                    : type == kDate                                        ? kLogicalDate
                    : type == kTimeMillis || type == kTimeMicros           ? kLogicalTime
                    : type == kTimestampMillis || type == kTimestampMicros ? kLogicalTimestamp
                    : type >= kUint8 && type <= kInt64                     ? kLogicalInteger
                                                                           : -1;
  return element.logical >= 0;
}

/// False where the logical type is none that is read, or does not belong to the physical one.
bool SetMeaning(const Element& element, ColumnSchema& column) {
  const Physical type = column.physical;
  const bool is_int = type == Physical::kInt32 || type == Physical::kInt64;
  const bool is_bytes = type == Physical::kByteArray;
  const bool is_fixed = type == Physical::kFixedBytes;
  const auto set = [&](Meaning meaning, bool fits) {
    column.meaning = meaning;
    return fits;
  };
  column.ticks = element.ticks;
  switch (element.logical) {
    case -1:
      if (type == Physical::kInt96) column.ticks = 1'000'000'000;
      return set(type == Physical::kBoolean ? Meaning::kBoolean
                 : type == Physical::kInt96 ? Meaning::kTimestamp
                 : is_bytes || is_fixed     ? Meaning::kText
                                            : Meaning::kNumber,
                 true);
    case kLogicalNull:
      return set(is_bytes || is_fixed ? Meaning::kText : Meaning::kNumber, true);
    case kLogicalString:
    case kLogicalEnum:
    case kLogicalJson:
      return set(Meaning::kText, is_bytes);
    case kLogicalDecimal:
      column.scale = static_cast<int32_t>(element.logical_scale);
      return set(Meaning::kDecimal,
                 element.logical_scale >= 0 && element.logical_scale <= kMaxScale &&
                     (is_int || is_bytes || (is_fixed && column.width <= kMaxDecimalBytes)));
    case kLogicalDate:
      return set(Meaning::kDate, type == Physical::kInt32);
    case kLogicalTime:
      return set(Meaning::kTimeOfDay, is_int && element.ticks > 0);
    case kLogicalTimestamp:
      return set(Meaning::kTimestamp, type == Physical::kInt64 && element.ticks > 0);
    case kLogicalInteger:
      return set(element.is_signed ? Meaning::kNumber : Meaning::kUnsigned, is_int);
    case kLogicalUuid:
      return set(Meaning::kUuid, is_fixed && element.width == 16);
    case kLogicalHalf:
      return set(Meaning::kHalf, is_fixed && element.width == 2);
    default:
      return false;
  }
}

StatusOr<ColumnSchema> ColumnOf(Element& element) {
  if (element.name.empty() || !IsValidUtf8(element.name) ||
      element.name.find('\0') != std::string_view::npos)
    return Error(Reason::kBadRequest, "the footer is damaged: a column has no name of UTF-8");
  ColumnSchema column{.name = std::string(element.name)};
  if (element.children > 0 || element.type < 0 || element.repetition == kRepeated)
    return Error(Reason::kUnsupported,
                 "column \"{}\" is nested (a list, struct or map): write the file without it, or "
                 "with a plain column for each of its parts",
                 column.name);
  if (element.type >= static_cast<int64_t>(kPhysicalNames.size()))
    return Error(Reason::kUnsupported, "column \"{}\": physical type {} is not known", column.name,
                 element.type);
  column.physical = static_cast<Physical>(element.type);
  column.nullable = element.repetition != 0;
  constexpr size_t kWidths[] = {1, 4, 8, 12, 4, 8, 0, 0};
  column.width = kWidths[element.type];
  if (column.physical == Physical::kFixedBytes) {
    if (element.width <= 0 || element.width > kMaxFixedBytes)
      return Error(Reason::kBadRequest, "column \"{}\": expected values of 1 to {} bytes, got {}",
                   column.name, kMaxFixedBytes, element.width);
    column.width = static_cast<size_t>(element.width);
  }
  if (!TranslateConverted(element) || !SetMeaning(element, column))
    return Error(Reason::kUnsupported,
                 "column \"{}\": {} with logical type {} (converted type {}) is not read: write it "
                 "as a number, text or time",
                 column.name, NameOf(column.physical), element.logical, element.converted);
  return column;
}

}  // namespace

std::string_view NameOf(Physical type) { return kPhysicalNames[static_cast<size_t>(type)]; }

StatusOr<std::vector<ColumnSchema>> ReadSchema(ThriftReader& thrift, const Field& field) {
  std::vector<ColumnSchema> columns;
  std::unordered_set<std::string_view> names;
  Status wrong = OkStatus();
  int64_t expected = -1;  // as the root says
  thrift.List(field, ThriftReader::Type::kStruct, [&] {
    Element element = ReadElement(thrift);
    if (!wrong.ok() || !thrift.ok()) return;
    if (expected < 0) {
      expected = std::max<int64_t>(element.children, 0);
      return;
    }
    if (columns.size() == RowReader::kMaxColumns) {
      wrong = Error(Reason::kTooLarge, "more than {} columns", RowReader::kMaxColumns);
    } else if (auto column = ColumnOf(element); !column.ok()) {
      wrong = column.status();
    } else if (!names.insert(element.name).second) {
      wrong = Error(Reason::kBadRequest, "two columns are called \"{}\"", column->name);
    } else {
      columns.push_back(*std::move(column));
    }
  });
  RETURN_IF_ERROR(wrong);
  if (thrift.ok() && static_cast<int64_t>(columns.size()) != expected)
    return Error(Reason::kBadRequest, "the footer is damaged: expected {} columns, got {}",
                 expected, columns.size());
  return columns;
}

}  // namespace slipway::data::parquet
