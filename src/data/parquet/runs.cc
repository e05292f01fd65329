#include "data/parquet/runs.h"

#include <algorithm>
#include <cstring>

namespace slipway::data::parquet {
namespace {

/// `width` bits from bit `bit` on; reads up to 9 bytes.
uint64_t BitsAt(const char* bytes, uint64_t bit, uint32_t width) {
  const char* const at = bytes + (bit >> 3);
  const uint32_t shift = bit & 7;
  uint64_t value;
  std::memcpy(&value, at, sizeof(value));
  value >>= shift;
  if (shift + width > 64)
    value |= static_cast<uint64_t>(static_cast<uint8_t>(at[8])) << (64 - shift);
  return width == 64 ? value : value & ((uint64_t{1} << width) - 1);
}

uint64_t Zigzag(uint64_t value) { return (value >> 1) ^ (0 - (value & 1)); }

}  // namespace

bool TakeVarint(std::string_view& bytes, uint64_t* out) {
  *out = 0;
  for (uint32_t shift = 0; shift < 64 && !bytes.empty(); shift += 7) {
    const auto byte = static_cast<uint8_t>(bytes.front());
    bytes.remove_prefix(1);
    *out |= static_cast<uint64_t>(byte & 0x7F) << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

RunDecoder RunDecoder::Packed(std::string_view bytes, uint32_t bit_width) {
  RunDecoder decoder({}, bit_width);
  decoder.BeginPacked(bytes);
  return decoder;
}

void RunDecoder::BeginPacked(std::string_view bytes) {
  repeated_ = false;
  packed_ = bytes.data();
  bit_ = 0;
  left_ = bytes.size() * 8 / bit_width_;
}

bool RunDecoder::NextRun() {
  while (left_ == 0) {
    uint64_t head;
    if (!TakeVarint(rest_, &head) || head >> 1 > INT32_MAX) return false;
    repeated_ = (head & 1) == 0 || bit_width_ == 0;
    const uint64_t values = (head & 1) == 0 ? head >> 1 : (head >> 1) * 8;
    if (!repeated_) {
      const std::string_view packed =
          rest_.substr(0, static_cast<size_t>((head >> 1) * bit_width_));
      BeginPacked(packed);
      rest_.remove_prefix(packed.size());
      left_ = std::min(left_, values);
      continue;
    }
    const size_t bytes = (bit_width_ + 7) / 8;
    if (bytes > rest_.size()) return false;
    value_ = 0;
    std::copy_n(rest_.data(), bytes, reinterpret_cast<char*>(&value_));
    rest_.remove_prefix(bytes);
    left_ = values;
  }
  return true;
}

bool RunDecoder::Decode(size_t count, uint32_t* out) {
  while (count > 0) {
    if (!NextRun()) return false;
    const auto size = static_cast<size_t>(std::min<uint64_t>(left_, count));
    if (repeated_) {
      std::fill_n(out, size, value_);
    } else {
      for (size_t i = 0; i < size; ++i)
        out[i] = static_cast<uint32_t>(BitsAt(packed_, bit_ + i * bit_width_, bit_width_));
      bit_ += size * bit_width_;
    }
    left_ -= size;
    out += size;
    count -= size;
  }
  return true;
}

bool RunDecoder::TakeRepeated(size_t count, uint32_t* value) {
  if (!NextRun() || !repeated_ || left_ < count) return false;
  left_ -= count;
  *value = value_;
  return true;
}

bool DeltaDecoder::Begin(std::string_view bytes) {
  *this = {};
  rest_ = bytes;
  uint64_t block = 0;
  if (!TakeVarint(rest_, &block) || !TakeVarint(rest_, &miniblocks_) ||
      !TakeVarint(rest_, &left_) || !TakeVarint(rest_, &value_))
    return false;
  value_ = Zigzag(value_);
  if (miniblocks_ == 0 || block > INT32_MAX || block % miniblocks_ != 0) return false;
  miniblock_values_ = block / miniblocks_;
  return miniblock_values_ > 0 && miniblock_values_ % 32 == 0;
}

bool DeltaDecoder::NextMiniblock() {
  if (widths_.empty()) {
    if (!TakeVarint(rest_, &min_delta_) || miniblocks_ > rest_.size()) return false;
    min_delta_ = Zigzag(min_delta_);
    widths_ = rest_.substr(0, static_cast<size_t>(miniblocks_));
    rest_.remove_prefix(widths_.size());
  }
  width_ = static_cast<uint8_t>(widths_.front());
  widths_.remove_prefix(1);
  const uint64_t bytes = miniblock_values_ / 8 * width_;
  if (width_ > 64 || bytes > rest_.size()) return false;
  packed_ = rest_.data();
  rest_.remove_prefix(static_cast<size_t>(bytes));
  bit_ = 0;
  packed_left_ = miniblock_values_;
  return true;
}

bool DeltaDecoder::Decode(size_t count, int64_t* out) {
  if (count > left_) return false;
  left_ -= count;
  if (count > 0 && !begun_) {
    begun_ = true;
    *out++ = static_cast<int64_t>(value_);
    --count;
  }
  while (count > 0) {
    if (packed_left_ == 0 && !NextMiniblock()) return false;
    const auto size = static_cast<size_t>(std::min<uint64_t>(packed_left_, count));
    for (size_t i = 0; i < size; ++i, bit_ += width_) {
      value_ += min_delta_ + (width_ == 0 ? 0 : BitsAt(packed_, bit_, width_));
      out[i] = static_cast<int64_t>(value_);
    }
    packed_left_ -= size;
    out += size;
    count -= size;
  }
  return true;
}

bool DeltaDecoder::FindEnd(std::string_view* behind) const {
  DeltaDecoder walk = *this;
  uint64_t left = left_ == 0 ? 0 : left_ - 1;  // the header has the first
  while (left > 0) {
    if (!walk.NextMiniblock()) return false;
    left -= std::min(left, miniblock_values_);
  }
  *behind = walk.rest_;
  return true;
}

}  // namespace slipway::data::parquet
