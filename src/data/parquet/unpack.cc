#include "data/parquet/unpack.h"

#define ZLIB_CONST
#include <lz4.h>
#include <zlib.h>
#include <zstd.h>

#include <array>
#include <cstring>
#include <limits>

namespace slipway::data::parquet {
namespace {

constexpr std::array<std::string_view, 8> kNames = {"none",   "snappy", "gzip", "lzo",
                                                    "brotli", "lz4",    "zstd", "lz4_raw"};

/// Snappy's blocks: a length, then literals and copies of what came before.
/// Source: github.com/google/snappy, format_description.txt
class Unsnap {
 public:
  Unsnap(std::string_view packed, std::span<char> out)
      : at_(packed.data()),
        end_(at_ + packed.size()),
        begin_(out.data()),
        to_(begin_),
        to_end_(begin_ + out.size()) {}

  bool Run() {
    if (!TakeLength()) return false;
    while (at_ < end_) {
      const auto tag = static_cast<uint8_t>(*at_++);
      if (!((tag & 3) == 0 ? TakeLiteral(tag >> 2) : TakeCopy(tag))) return false;
    }
    return to_ == to_end_;
  }

 private:
  size_t left() const { return static_cast<size_t>(end_ - at_); }
  size_t room() const { return static_cast<size_t>(to_end_ - to_); }

  /// Little-endian, of `size` bytes.
  bool TakeNumber(size_t size, uint32_t* out) {
    if (size > left()) return false;
    *out = 0;
    std::memcpy(out, at_, size);
    at_ += size;
    return true;
  }

  bool TakeLength() {
    uint64_t length = 0;
    for (int shift = 0; shift < 35 && at_ < end_; shift += 7) {
      const auto byte = static_cast<uint8_t>(*at_++);
      length |= static_cast<uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) return length == room();
    }
    return false;
  }

  bool TakeLiteral(uint32_t length) {
    constexpr uint32_t kLengthFollows = 60;
    if (length >= kLengthFollows && !TakeNumber(length - kLengthFollows + 1, &length)) return false;
    const uint64_t size = uint64_t{length} + 1;
    if (size > left() || size > room()) return false;
    if (size <= Unpacker::kSlack && left() >= Unpacker::kSlack)
      std::memcpy(to_, at_, Unpacker::kSlack);
    else
      std::memcpy(to_, at_, size);
    at_ += size;
    to_ += size;
    return true;
  }

  bool TakeCopy(uint8_t tag) {
    const bool is_short = (tag & 3) == 1;
    const size_t size = is_short ? (tag >> 2 & 7u) + 4 : (tag >> 2) + 1u;
    uint32_t offset;
    if (!TakeNumber(is_short ? 1 : (tag & 3) == 2 ? 2 : 4, &offset)) return false;
    if (is_short) offset |= static_cast<uint32_t>(tag >> 5) << 8;
    if (offset == 0 || offset > static_cast<size_t>(to_ - begin_) || size > room()) return false;
    const char* const from = to_ - offset;
    if (offset >= Unpacker::kSlack)  // steps may write into the slack behind
      for (size_t i = 0; i < size; i += Unpacker::kSlack)
        std::memcpy(to_ + i, from + i, Unpacker::kSlack);
    else
      for (size_t i = 0; i < size; ++i) to_[i] = from[i];
    to_ += size;
    return true;
  }

  const char *at_, *end_;
  char *begin_, *to_, *to_end_;
};

/// One member or several.
bool Gunzip(std::string_view packed, std::span<char> out) {
  constexpr int kGzipOnly = 16;
  z_stream stream = {};
  if (::inflateInit2(&stream, kGzipOnly + MAX_WBITS) != Z_OK) return false;
  stream.next_in = reinterpret_cast<const Bytef*>(packed.data());
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  int result = ::inflate(&stream, Z_FINISH);
  while (result == Z_STREAM_END && stream.avail_in > 0 && ::inflateReset(&stream) == Z_OK)
    result = ::inflate(&stream, Z_FINISH);
  ::inflateEnd(&stream);
  return result == Z_STREAM_END && stream.avail_out == 0;
}

bool UnpackLz4(std::string_view packed, std::span<char> out) {
  return ::LZ4_decompress_safe(packed.data(), out.data(), static_cast<int>(packed.size()),
                               static_cast<int>(out.size())) == static_cast<int>(out.size());
}

}  // namespace

Unpacker::Unpacker() = default;
Unpacker::~Unpacker() { ::ZSTD_freeDCtx(zstd_); }

bool Unpacker::UnpackZstd(std::string_view packed, std::span<char> out) {
  if (zstd_ == nullptr) zstd_ = ::ZSTD_createDCtx();
  return zstd_ != nullptr && ::ZSTD_decompressDCtx(zstd_, out.data(), out.size(), packed.data(),
                                                   packed.size()) == out.size();
}

Status Unpacker::Unpack(Codec codec, std::string_view packed, std::span<char> out) {
  const std::string_view name = kNames[static_cast<size_t>(codec)];
  bool done = false;
  switch (codec) {
    case Codec::kPlain:
      done = packed.size() == out.size();
      if (done) std::memcpy(out.data(), packed.data(), out.size());
      break;
    case Codec::kSnappy:
      done = Unsnap(packed, out).Run();
      break;
    case Codec::kGzip:
      done = Gunzip(packed, out);
      break;
    case Codec::kZstd:
      done = UnpackZstd(packed, out);
      break;
    case Codec::kLz4:
      done = UnpackLz4(packed, out);
      break;
    case Codec::kLzo:
    case Codec::kBrotli:
    case Codec::kOldLz4:
      return Error(Reason::kUnsupported,
                   "compression {} is not read: write the file with zstd, snappy, gzip or lz4_raw",
                   name);
  }
  if (done) return OkStatus();
  return Error(Reason::kBadRequest, "compression {}: damaged, or not {} bytes unpacked", name,
               out.size());
}

}  // namespace slipway::data::parquet
