#include "protocol/instances/elements.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "base/utf8.h"
#include "protocol/instances/cell.h"
#include "tensor/half.h"
#include "text/base64.h"
#include "text/json_writer.h"
#include "text/number_array.h"

namespace slipway::instances {
namespace {

constexpr size_t kFirstBytes = 256;

[[noreturn]] Status UnknownType() {
  CheckFailed(__FILE__, __LINE__, "dtype", "a tensor has one of the known data types");
}

template <typename T>
std::span<T> As(std::span<std::byte> room) {
  return {reinterpret_cast<T*>(room.data()), room.size() / sizeof(T)};
}

Status ReadBool(JsonReader& json, std::byte& out) {
  bool value;
  RETURN_IF_ERROR(json.ReadBool(&value));
  out = value ? std::byte{1} : std::byte{0};
  return OkStatus();
}

/// More bytes than the elements in the rest of the text can take.
size_t MostBytes(const JsonReader& json, DType dtype) {
  const size_t rest = json.rest().size();
  if (dtype == DType::kBytes) return 2 * rest;  // "" and a comma are 4 bytes
  return (rest / 2 + 1) * ElementSize(dtype);   // 1 and a comma are one element
}

}  // namespace

void ElementReader::Reserve(size_t elements) {
  const size_t bytes = elements * ElementSize(dtype_);
  if (bytes > memory_.size()) memory_ = arena_->Grow(memory_, used_, bytes);
}

void ElementReader::EnsureRoom(const JsonReader& json, size_t bytes) {
  if (memory_.size() - used_ >= bytes) return;
  const size_t doubled = std::max(2 * memory_.size(), kFirstBytes);
  const size_t most = used_ + MostBytes(json, dtype_);
  memory_ = arena_->Grow(memory_, used_, std::max(used_ + bytes, std::min(doubled, most)));
}

StatusOr<size_t> ElementReader::Read(JsonReader& json, size_t limit) {
  size_t count = 1;
  if (dtype_ == DType::kBytes) {
    RETURN_IF_ERROR(ReadString(json));
  } else {
    const size_t size = ElementSize(dtype_);
    EnsureRoom(json, size);
    const size_t elements = std::min(limit, (memory_.size() - used_) / size);
    RETURN_IF_ERROR(ReadCells(json, memory_.subspan(used_, elements * size), &count));
    used_ += count * size;
  }
  count_ += count;
  return count;
}

Status ElementReader::ReadCells(JsonReader& json, std::span<std::byte> room, size_t* count) const {
  if (forms_.table == nullptr) return ReadNumbers(json, room, count);
  ASSIGN_OR_RETURN(const JsonType type, json.Peek());
  if (type == JsonType::kString && IsTime(*forms_.table, count_)) {
    *count = 1;
    return ReadTimeCell(json, room.data());
  }
  const bool cell = type == JsonType::kNull || type == JsonType::kTrue || type == JsonType::kFalse;
  if (!cell) return ReadNumbers(json, room, count);
  *count = 1;
  return ReadCell(json, dtype_, room.data());
}

Status ElementReader::ReadNumbers(JsonReader& json, std::span<std::byte> room,
                                  size_t* count) const {
  switch (dtype_) {
    case DType::kBool:
      return ReadBool(json, room.front());
    case DType::kUint8:
      return ReadNumberRun(json, As<uint8_t>(room), count);
    case DType::kUint16:
      return ReadNumberRun(json, As<uint16_t>(room), count);
    case DType::kUint32:
      return ReadNumberRun(json, As<uint32_t>(room), count);
    case DType::kUint64:
      return ReadNumberRun(json, As<uint64_t>(room), count);
    case DType::kInt8:
      return ReadNumberRun(json, As<int8_t>(room), count);
    case DType::kInt16:
      return ReadNumberRun(json, As<int16_t>(room), count);
    case DType::kInt32:
      return ReadNumberRun(json, As<int32_t>(room), count);
    case DType::kInt64:
      return ReadNumberRun(json, As<int64_t>(room), count);
    case DType::kFp16:
      return ReadNumberRun(json, As<uint16_t>(room), NarrowToFp16, count);
    case DType::kBf16:
      return ReadNumberRun(json, As<uint16_t>(room), NarrowToBf16, count);
    case DType::kFp32:
      return ReadNumberRun(json, As<float>(room), count);
    case DType::kFp64:
      return ReadNumberRun(json, As<double>(room), count);
    case DType::kBytes:
      break;
  }
  return UnknownType();
}

Status ElementReader::ReadString(JsonReader& json) {
  if (forms_.base64_objects) {
    ASSIGN_OR_RETURN(const JsonType type, json.Peek());
    if (type == JsonType::kObject) return ReadBase64(json);
  }
  if (forms_.table != nullptr) {
    ASSIGN_OR_RETURN(const bool missing, json.TryNull());
    if (missing) return AppendString(json, ""), OkStatus();
  }
  std::string_view element;
  RETURN_IF_ERROR(json.ReadString(&element));
  AppendString(json, element);
  return OkStatus();
}

Status ElementReader::ReadBase64(JsonReader& json) {
  RETURN_IF_ERROR(json.BeginObject());
  std::string_view key, text;
  ASSIGN_OR_RETURN(const bool any, json.NextKey(&key));
  if (!any || key != "b64") return json.Refuse("expected {\"b64\": \"<base64>\"}");
  RETURN_IF_ERROR(json.ReadString(&text));
  auto element = DecodeBase64(text);
  if (!element.ok()) return json.Refuse(MessageOf(element.status()));
  ASSIGN_OR_RETURN(const bool more, json.NextKey(&key));
  if (more) return json.Refuse("expected nothing beside \"b64\"");
  AppendString(json, *element);
  return OkStatus();
}

void ElementReader::AppendString(const JsonReader& json, std::string_view element) {
  const auto length = static_cast<uint32_t>(element.size());
  EnsureRoom(json, sizeof(length) + element.size());
  std::memcpy(memory_.data() + used_, &length, sizeof(length));
  used_ += sizeof(length);
  std::memcpy(memory_.data() + used_, element.data(), element.size());
  used_ += element.size();
}

Status ElementWriter::Append(size_t count, std::string& out) {
  if (count == 0) return OkStatus();
  RETURN_IF_ERROR(AppendValues(count, out));
  next_ += count;
  return OkStatus();
}

template <typename Value>
Status ElementWriter::AppendNumbers(size_t count, std::string& out, const Value& value) const {
  const size_t written =
      AppendNumberList(out, count, [&](size_t i) { return value(next_ + i); }, style_.non_finite);
  if (written == count) return OkStatus();
  return Error(Reason::kBadRequest, "element {} is NaN or infinite, which JSON cannot say",
               next_ + written);
}

template <typename T>
Status ElementWriter::AppendNumbers(size_t count, std::string& out) const {
  const std::span<const T> values = tensor_.as<T>();
  return AppendNumbers(count, out, [values](size_t i) { return values[i]; });
}

Status ElementWriter::AppendStrings(size_t count, std::string& out) {
  std::string_view element;
  for (size_t i = 0; i < count && strings_.Next(&element); ++i) {
    if (i > 0) out += ',';
    if (style_.base64) {
      out.append("{\"b64\":\"").append(EncodeBase64(element)).append("\"}");
    } else {
      if (!IsValidUtf8(element))
        return Error(Reason::kBadRequest, "element {} is not UTF-8, which JSON cannot say",
                     next_ + i);
      AppendJsonString(out, element);
    }
  }
  return OkStatus();
}

Status ElementWriter::AppendValues(size_t count, std::string& out) {
  const auto halves = tensor_.as<uint16_t>();
  switch (tensor_.dtype) {
    case DType::kBool:
      for (const uint8_t value : tensor_.as<uint8_t>().subspan(next_, count))
        out += value != 0 ? "true," : "false,";
      out.pop_back();
      return OkStatus();
    case DType::kUint8:
      return AppendNumbers<uint8_t>(count, out);
    case DType::kUint16:
      return AppendNumbers<uint16_t>(count, out);
    case DType::kUint32:
      return AppendNumbers<uint32_t>(count, out);
    case DType::kUint64:
      return AppendNumbers<uint64_t>(count, out);
    case DType::kInt8:
      return AppendNumbers<int8_t>(count, out);
    case DType::kInt16:
      return AppendNumbers<int16_t>(count, out);
    case DType::kInt32:
      return AppendNumbers<int32_t>(count, out);
    case DType::kInt64:
      return AppendNumbers<int64_t>(count, out);
    // A half as the shortest text of the float it equals: it reads back as itself in either type.
    case DType::kFp16:
      return AppendNumbers(count, out, [halves](size_t i) { return Fp16ToFloat(halves[i]); });
    case DType::kBf16:
      return AppendNumbers(count, out, [halves](size_t i) { return Bf16ToFloat(halves[i]); });
    case DType::kFp32:
      return AppendNumbers<float>(count, out);
    case DType::kFp64:
      return AppendNumbers<double>(count, out);
    case DType::kBytes:
      return AppendStrings(count, out);
  }
  return UnknownType();
}

}  // namespace slipway::instances
