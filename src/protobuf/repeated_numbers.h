#pragma once
// Repeated fields of numbers, packed or not, into memory that is there already.

#include <algorithm>
#include <cstring>
#include <limits>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "protobuf/message_reader.h"

namespace slipway::protobuf {

/// The numbers while they come in: those beyond the room are counted only.
template <typename T>
class RepeatedNumbers {
 public:
  explicit RepeatedNumbers(std::span<T> room) : room_(room) {}

  void Add(T value) {
    if (count_ < room_.size()) room_[count_] = value;
    ++count_;
  }
  void AddAll(std::string_view bytes) {
    const size_t more = bytes.size() / sizeof(T);
    if (count_ < room_.size())
      std::memcpy(&room_[count_], bytes.data(), std::min(more, room_.size() - count_) * sizeof(T));
    count_ += more;
  }
  size_t count() const { return count_; }

 private:
  std::span<T> room_;
  size_t count_ = 0;
};

inline Status TruncatedNumber(std::string_view name) {
  return Error(Reason::kBadRequest, "field \"{}\": its last number is truncated", name);
}

// All below: `field` is one of a repeated field called `name`; kBadRequest when its last number is
// truncated. Fields of another wire type are skipped.

/// Numbers that stand as they are: packed ones are copied at once.
template <typename T>
Status AddFixed(const Field& field, std::string_view name, RepeatedNumbers<T>& out) {
  if (field.tag == BytesTag(field.number())) {
    if (field.bytes.size() % sizeof(T) != 0) return TruncatedNumber(name);
    out.AddAll(field.bytes);
    return OkStatus();
  }
  constexpr WireType kType = sizeof(T) == 8 ? WireType::kFixed64 : WireType::kFixed32;
  if (field.tag != Tag(field.number(), kType)) return OkStatus();
  T value;
  std::memcpy(&value, &field.value, sizeof(value));
  out.Add(value);
  return OkStatus();
}

/// @tparam Wire  what the field holds; wider bits are dropped, as protobuf does.
/// @return kBadRequest also for a number that T cannot hold.
template <typename T, typename Wire>
Status AddVarints(const Field& field, std::string_view name, RepeatedNumbers<T>& out) {
  std::optional<Wire> outside;
  const auto add = [&](uint64_t bits) {
    const auto value = static_cast<Wire>(bits);
    if (!std::in_range<T>(value) && !outside) outside = value;
    out.Add(static_cast<T>(value));
  };
  if (field.tag == VarintTag(field.number()))
    add(field.value);
  else if (field.tag == BytesTag(field.number()) && !ReadPackedVarints(field.bytes, add))
    return TruncatedNumber(name);
  if (outside)
    return Error(Reason::kBadRequest, "field \"{}\": expected numbers from {} to {}, got {}", name,
                 int64_t{std::numeric_limits<T>::min()}, uint64_t{std::numeric_limits<T>::max()},
                 *outside);
  return OkStatus();
}

/// As bytes 0 and 1.
inline Status AddBools(const Field& field, std::string_view name, RepeatedNumbers<uint8_t>& out) {
  const auto add = [&](uint64_t bits) { out.Add(bits != 0 ? 1 : 0); };
  if (field.tag == VarintTag(field.number()))
    add(field.value);
  else if (field.tag == BytesTag(field.number()) && !ReadPackedVarints(field.bytes, add))
    return TruncatedNumber(name);
  return OkStatus();
}

}  // namespace slipway::protobuf
