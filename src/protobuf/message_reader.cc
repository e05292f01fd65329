#include "protobuf/message_reader.h"

#include <climits>

namespace slipway::protobuf {
namespace {

constexpr size_t kMaxBytes = INT_MAX - 1;  // CodedInputStream takes INT_MAX for "no limit"

}  // namespace

MessageReader::MessageReader(std::string_view message, std::span<const std::string_view> names)
    : in_(reinterpret_cast<const uint8_t*>(message.data()),
          message.size() <= kMaxBytes ? static_cast<int>(message.size()) : 0),
      names_(names) {
  if (message.size() > kMaxBytes)
    status_ = Error(Reason::kTooLarge, "expected a message of less than 2 GiB, got {} bytes",
                    message.size());
}

bool MessageReader::Next(Field* field) {
  if (in_.ExpectAtEnd()) return false;
  uint64_t tag = 0;
  if (!in_.ReadVarint64(&tag) || tag > UINT32_MAX) tag = 0;
  field->tag = static_cast<uint32_t>(tag);
  if (field->number() == 0) return Refuse(field->tag, "its tag is malformed");
  bool complete = false;
  switch (static_cast<WireType>(field->tag & 7)) {
    case WireType::kBytes:
      return ReadBytes(field);
    case WireType::kVarint:
      complete = in_.ReadVarint64(&field->value);
      break;
    case WireType::kFixed64:
      complete = in_.ReadLittleEndian64(&field->value);
      break;
    case WireType::kFixed32: {
      uint32_t bits = 0;
      complete = in_.ReadLittleEndian32(&bits);
      field->value = bits;
      break;
    }
    default:
      return Refuse(field->tag, "groups are not supported");
  }
  return complete || Refuse(field->tag, "its number is truncated");
}

bool MessageReader::ReadBytes(Field* field) {
  uint64_t length;
  if (!in_.ReadVarint64(&length)) return Refuse(field->tag, "its length is truncated");
  const void* data = nullptr;
  int left = 0;
  in_.GetDirectBufferPointerInline(&data, &left);
  if (length > static_cast<uint64_t>(left))
    return Refuse(field->tag, fmt::format("expected {} bytes, {} are left", length, left));
  field->bytes = {static_cast<const char*>(data), static_cast<size_t>(length)};
  return in_.Skip(static_cast<int>(length));
}

bool MessageReader::Refuse(uint32_t tag, std::string_view what) {
  const uint32_t number = tag >> 3;
  status_ = number < names_.size() && !names_[number].empty()
                ? Error(Reason::kBadRequest, "field \"{}\": {}", names_[number], what)
                : Error(Reason::kBadRequest, "field {}: {}", number, what);
  return false;
}

}  // namespace slipway::protobuf
