#pragma once
// Appends the fields of a protobuf message to a string.

#include <cstdint>
#include <string>
#include <string_view>

namespace slipway::protobuf {

/// Appends one number in the form that packed fields hold.
void AppendVarint(std::string& out, uint64_t value);

class MessageWriter {
 public:
  /// @param out  appended to; may hold something already.
  explicit MessageWriter(std::string& out) : out_(out) {}

  /// Of bool, int, uint and enum fields; a negative number is given as its 64 bits.
  void Varint(uint32_t number, uint64_t value);
  /// Of string, bytes and packed fields.
  void Bytes(uint32_t number, std::string_view bytes);
  /// What stands before `size` bytes that the caller brings.
  void BytesHeader(uint32_t number, size_t size);

  /// A message, or a packed field: what is appended until End is what it holds.
  /// Cost: holding 128 bytes or more they are moved once, when the length is known.
  size_t Begin(uint32_t number);
  /// @param begun  what Begin returned; of those open the innermost.
  void End(size_t begun);

 private:
  std::string& out_;
};

}  // namespace slipway::protobuf
