#pragma once
// A protobuf message field by field, without copying it into an object.
// Source: protobuf.dev/programming-guides/encoding

#include <google/protobuf/io/coded_stream.h>

#include <cstdint>
#include <span>
#include <string_view>

#include "base/status.h"

namespace slipway::protobuf {

enum class WireType : uint32_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

/// What stands before a field's value.
constexpr uint32_t Tag(uint32_t number, WireType type) {
  return number << 3 | static_cast<uint32_t>(type);
}
constexpr uint32_t VarintTag(uint32_t number) { return Tag(number, WireType::kVarint); }
constexpr uint32_t BytesTag(uint32_t number) { return Tag(number, WireType::kBytes); }

struct Field {
  uint32_t tag = 0;
  uint64_t value = 0;      // of a varint or fixed field: its bits
  std::string_view bytes;  // of a kBytes field: borrowed from the message

  uint32_t number() const { return tag >> 3; }
};

/// Walks the fields of one message in the order in which they stand:
///   for (Field field; reader.Next(&field);)
///     switch (field.tag) …
///   RETURN_IF_ERROR(reader.status());
class MessageReader {
 public:
  /// @param message  borrowed.
  /// @param names    of its fields by number, for messages; those beyond go by their number.
  explicit MessageReader(std::string_view message, std::span<const std::string_view> names = {});

  /// False at the end, and where the bytes are no field: status() tells.
  bool Next(Field* field);

  /// kBadRequest naming the field: truncated, longer than the bytes that are left, a group; or a
  /// message of 2 GiB and more.
  Status status() const { return status_; }

 private:
  bool ReadBytes(Field* field);
  bool Refuse(uint32_t tag, std::string_view what);

  google::protobuf::io::CodedInputStream in_;
  std::span<const std::string_view> names_;
  Status status_;
};

/// Calls `take(uint64_t)` with each number of a packed field. False when one is truncated.
template <typename Take>
bool ReadPackedVarints(std::string_view packed, const Take& take) {
  google::protobuf::io::CodedInputStream in(reinterpret_cast<const uint8_t*>(packed.data()),
                                            static_cast<int>(packed.size()));
  for (uint64_t value; !in.ExpectAtEnd();) {
    if (!in.ReadVarint64(&value)) return false;
    take(value);
  }
  return true;
}

}  // namespace slipway::protobuf
