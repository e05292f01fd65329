#include <bit>
#include <charconv>
#include <cstring>

#include "base/utf8.h"
#include "import/pickle/machine.h"
#include "import/pickle/text.h"

namespace slipway::pickle {
namespace {

/// Lengths are signed in some opcodes; a negative one never fits.
template <typename Length>
StatusOr<std::string_view> TakeCounted(Cursor& stream) {
  ASSIGN_OR_RETURN(const Length length, stream.TakeInteger<Length>());
  if constexpr (std::is_signed_v<Length>)
    if (length < 0) return Error(Reason::kBadModel, "expected a length, got {}", length);
  return stream.Take(static_cast<uint64_t>(length));
}

/// Little-endian two's complement of up to 8 bytes.
int64_t FromBytes(std::string_view bytes) {
  if (bytes.empty()) return 0;
  uint64_t value = (bytes.back() & 0x80) != 0 ? ~uint64_t{0} : 0;
  std::memcpy(&value, bytes.data(), bytes.size());
  return static_cast<int64_t>(value);
}

}  // namespace

Status Machine::None() { return Push(heap_.New(Kind::kNone, at_)); }

template <bool value>
Status Machine::Bool() {
  ASSIGN_OR_RETURN(Node* const node, heap_.New(Kind::kBool, at_));
  node->boolean = value;
  return Push(node);
}

StatusOr<Node*> Machine::NewInteger(int64_t value) {
  ASSIGN_OR_RETURN(Node* const node, heap_.New(Kind::kInt, at_));
  node->integer = value;
  return node;
}

template <typename T>
Status Machine::BinInt() {
  ASSIGN_OR_RETURN(const T value, stream_.TakeInteger<T>());
  return Push(NewInteger(value));
}

template <typename Length>
Status Machine::Long() {
  ASSIGN_OR_RETURN(const std::string_view bytes, TakeCounted<Length>(stream_));
  if (bytes.size() > sizeof(int64_t)) return Push(heap_.New(Kind::kBigInt, at_));
  return Push(NewInteger(FromBytes(bytes)));
}

// "I00" and "I01" are the bools of protocol 0.
Status Machine::IntLine() {
  ASSIGN_OR_RETURN(const std::string_view line, stream_.TakeLine());
  if (line == "00") return Bool<false>();
  if (line == "01") return Bool<true>();
  return PushDecimal(line);
}

Status Machine::LongLine() {
  ASSIGN_OR_RETURN(std::string_view line, stream_.TakeLine());
  if (line.ends_with('L')) line.remove_suffix(1);
  return PushDecimal(line);
}

Status Machine::PushDecimal(std::string_view digits) {
  int64_t value = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, value);
  if (stop != end || error == std::errc::invalid_argument)
    return Error(Reason::kBadModel, "expected an int, got \"{}\"", Printable(digits));
  if (error == std::errc::result_out_of_range) return Push(heap_.New(Kind::kBigInt, at_));
  return Push(NewInteger(value));
}

Status Machine::FloatLine() {
  ASSIGN_OR_RETURN(const std::string_view line, stream_.TakeLine());
  ASSIGN_OR_RETURN(Node* const node, heap_.New(Kind::kFloat, at_));
  const char* const end = line.data() + line.size();
  const auto [stop, error] = std::from_chars(line.data(), end, node->number);
  if (error != std::errc() || stop != end)
    return Error(Reason::kBadModel, "expected a float, got \"{}\"", Printable(line));
  return Push(node);
}

Status Machine::BinFloat() {
  ASSIGN_OR_RETURN(const uint64_t big_endian, stream_.TakeInteger<uint64_t>());
  ASSIGN_OR_RETURN(Node* const node, heap_.New(Kind::kFloat, at_));
  node->number = std::bit_cast<double>(__builtin_bswap64(big_endian));
  return Push(node);
}

template <typename Length>
Status Machine::Unicode() {
  ASSIGN_OR_RETURN(const std::string_view text, TakeCounted<Length>(stream_));
  if (!IsValidUtf8(text)) return Error(Reason::kBadModel, "expected UTF-8, got other bytes");
  return Push(heap_.NewText(Kind::kString, at_, text));
}

Status Machine::UnicodeLine() {
  ASSIGN_OR_RETURN(const std::string_view line, stream_.TakeLine());
  RETURN_IF_ERROR(heap_.Charge(line.size()));
  ASSIGN_OR_RETURN(std::string text, DecodeRawUnicodeEscape(line));
  return Push(heap_.NewOwnedText(Kind::kString, at_, std::move(text)));
}

template <typename Length>
Status Machine::Bytes() {
  ASSIGN_OR_RETURN(const std::string_view bytes, TakeCounted<Length>(stream_));
  return Push(heap_.NewText(Kind::kBytes, at_, bytes));
}

// Python 2's str is text to some and bytes to others.
template <typename Length>
Status Machine::OldString() {
  ASSIGN_OR_RETURN(const std::string_view text, TakeCounted<Length>(stream_));
  return Push(heap_.NewText(IsAscii(text) ? Kind::kString : Kind::kBytes, at_, text));
}

Status Machine::OldStringLine() {
  ASSIGN_OR_RETURN(const std::string_view line, stream_.TakeLine());
  RETURN_IF_ERROR(heap_.Charge(line.size()));
  ASSIGN_OR_RETURN(std::string text, Unquote(line));
  const Kind kind = IsAscii(text) ? Kind::kString : Kind::kBytes;
  return Push(heap_.NewOwnedText(kind, at_, std::move(text)));
}

template Status Machine::Bool<true>();
template Status Machine::Bool<false>();
template Status Machine::BinInt<uint8_t>();
template Status Machine::BinInt<uint16_t>();
template Status Machine::BinInt<int32_t>();
template Status Machine::Long<uint8_t>();
template Status Machine::Long<int32_t>();
template Status Machine::Unicode<uint8_t>();
template Status Machine::Unicode<uint32_t>();
template Status Machine::Unicode<uint64_t>();
template Status Machine::Bytes<uint8_t>();
template Status Machine::Bytes<uint32_t>();
template Status Machine::Bytes<uint64_t>();
template Status Machine::OldString<uint8_t>();
template Status Machine::OldString<int32_t>();

}  // namespace slipway::pickle
