#pragma once
// Packed whole numbers: runs (levels, indices, booleans) and differences.
// Source: github.com/apache/parquet-format, Encodings.md

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace slipway::data::parquet {

/// Bytes that decoders may read behind those they were given.
inline constexpr size_t kDecodeSlack = 16;

/// The RLE and bit-packing hybrid.
class RunDecoder {
 public:
  RunDecoder() = default;
  /// @param bytes      borrowed.
  /// @param bit_width  of a value, at most 32.
  RunDecoder(std::string_view bytes, uint32_t bit_width) : rest_(bytes), bit_width_(bit_width) {}
  /// Bit-packed without a header, to the end of `bytes`.
  static RunDecoder Packed(std::string_view bytes, uint32_t bit_width);

  /// False when there are fewer.
  bool Decode(size_t count, uint32_t* out);
  /// Takes `count` values if they are of one run of `value`.
  bool TakeRepeated(size_t count, uint32_t* value);

 private:
  /// Finds the next run that has values; false at the end.
  bool NextRun();
  void BeginPacked(std::string_view bytes);

  std::string_view rest_;  // after the run at hand
  uint32_t bit_width_ = 0;
  uint64_t left_ = 0;  // values of the run at hand
  bool repeated_ = false;
  uint32_t value_ = 0;  // repeated
  const char* packed_ = nullptr;
  uint64_t bit_ = 0;  // of packed_, where the next value begins
};

/// DELTA_BINARY_PACKED.
class DeltaDecoder {
 public:
  DeltaDecoder() = default;
  /// Reads the header. False when it is damaged.
  bool Begin(std::string_view bytes);
  uint64_t count() const { return left_; }
  /// False when there are fewer, or they are damaged. Sums wrap around.
  bool Decode(size_t count, int64_t* out);
  /// The bytes behind the last value; false when damaged. Of a decoder that has decoded nothing.
  bool FindEnd(std::string_view* behind) const;

 private:
  bool NextMiniblock();

  std::string_view rest_;
  uint64_t left_ = 0;  // values that are to come
  uint64_t miniblocks_ = 0, miniblock_values_ = 0;
  bool begun_ = false;  // the first value was given
  uint64_t value_ = 0;  // the last one; before that, the first
  uint64_t min_delta_ = 0;
  std::string_view widths_;  // of the miniblocks that are to come in this block
  uint32_t width_ = 0;
  const char* packed_ = nullptr;
  uint64_t packed_left_ = 0, bit_ = 0;
};

/// ULEB128; false when it is cut or too long.
bool TakeVarint(std::string_view& bytes, uint64_t* out);

}  // namespace slipway::data::parquet
