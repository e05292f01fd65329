#include "import/pickle/decoder.h"

#include <bzlib.h>
#include <lz4frame.h>
#include <lzma.h>
#define ZLIB_CONST
#include <zlib.h>

#include <algorithm>
#include <limits>

namespace slipway::pickle {
namespace {

Status NoMemory() { return Error(Reason::kTooLarge, "no memory to unpack"); }
Status Damaged() { return Error(Reason::kBadModel, "the packed bytes are damaged"); }

/// zlib and bzip2 count in unsigned int.
unsigned Piece(size_t bytes) {
  return static_cast<unsigned>(std::min<size_t>(bytes, std::numeric_limits<unsigned>::max()));
}

class ZlibDecoder final : public Decoder {
 public:
  ~ZlibDecoder() override { ::inflateEnd(&stream_); }

  Status Start(int window_bits) {
    return ::inflateInit2(&stream_, window_bits) == Z_OK ? OkStatus() : NoMemory();
  }

  StatusOr<bool> Decode(std::span<const std::byte>& in, std::span<std::byte>& out) override {
    const unsigned in_size = Piece(in.size()), out_size = Piece(out.size());
    stream_.next_in = reinterpret_cast<const Bytef*>(in.data());
    stream_.avail_in = in_size;
    stream_.next_out = reinterpret_cast<Bytef*>(out.data());
    stream_.avail_out = out_size;
    const int result = ::inflate(&stream_, Z_NO_FLUSH);
    in = in.subspan(in_size - stream_.avail_in);
    out = out.subspan(out_size - stream_.avail_out);
    if (result == Z_MEM_ERROR) return NoMemory();
    if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) return Damaged();
    return result == Z_STREAM_END;
  }

 private:
  z_stream stream_ = {};
};

class Bz2Decoder final : public Decoder {
 public:
  ~Bz2Decoder() override { ::BZ2_bzDecompressEnd(&stream_); }

  Status Start() {
    return ::BZ2_bzDecompressInit(&stream_, 0, 0) == BZ_OK ? OkStatus() : NoMemory();
  }

  StatusOr<bool> Decode(std::span<const std::byte>& in, std::span<std::byte>& out) override {
    const unsigned in_size = Piece(in.size()), out_size = Piece(out.size());
    stream_.next_in = const_cast<char*>(reinterpret_cast<const char*>(in.data()));
    stream_.avail_in = in_size;
    stream_.next_out = reinterpret_cast<char*>(out.data());
    stream_.avail_out = out_size;
    const int result = ::BZ2_bzDecompress(&stream_);
    in = in.subspan(in_size - stream_.avail_in);
    out = out.subspan(out_size - stream_.avail_out);
    if (result == BZ_MEM_ERROR) return NoMemory();
    if (result != BZ_OK && result != BZ_STREAM_END) return Damaged();
    return result == BZ_STREAM_END;
  }

 private:
  bz_stream stream_ = {};
};

/// .xz, and .lzma as LZMA Utils wrote it.
class LzmaDecoder final : public Decoder {
 public:
  ~LzmaDecoder() override { ::lzma_end(&stream_); }

  Status Start(Packing packing) {
    constexpr uint64_t kMaxMemory = uint64_t{256} << 20;  // xz -9 needs 65 MiB
    const lzma_ret result = packing == Packing::kXz ? ::lzma_stream_decoder(&stream_, kMaxMemory, 0)
                                                    : ::lzma_alone_decoder(&stream_, kMaxMemory);
    return result == LZMA_OK ? OkStatus() : NoMemory();
  }

  StatusOr<bool> Decode(std::span<const std::byte>& in, std::span<std::byte>& out) override {
    stream_.next_in = reinterpret_cast<const uint8_t*>(in.data());
    stream_.avail_in = in.size();
    stream_.next_out = reinterpret_cast<uint8_t*>(out.data());
    stream_.avail_out = out.size();
    const lzma_ret result = ::lzma_code(&stream_, LZMA_RUN);
    in = in.subspan(in.size() - stream_.avail_in);
    out = out.subspan(out.size() - stream_.avail_out);
    if (result == LZMA_MEM_ERROR || result == LZMA_MEMLIMIT_ERROR) return NoMemory();
    if (result != LZMA_OK && result != LZMA_STREAM_END && result != LZMA_BUF_ERROR)
      return Damaged();
    return result == LZMA_STREAM_END;
  }

 private:
  lzma_stream stream_ = LZMA_STREAM_INIT;
};

class Lz4Decoder final : public Decoder {
 public:
  ~Lz4Decoder() override { ::LZ4F_freeDecompressionContext(context_); }

  Status Start() {
    const auto result = ::LZ4F_createDecompressionContext(&context_, LZ4F_VERSION);
    return ::LZ4F_isError(result) ? NoMemory() : OkStatus();
  }

  StatusOr<bool> Decode(std::span<const std::byte>& in, std::span<std::byte>& out) override {
    size_t in_size = in.size(), out_size = out.size();
    const size_t result =
        ::LZ4F_decompress(context_, out.data(), &out_size, in.data(), &in_size, nullptr);
    if (::LZ4F_isError(result)) return Damaged();
    in = in.subspan(in_size);
    out = out.subspan(out_size);
    return result == 0;
  }

 private:
  LZ4F_dctx* context_ = nullptr;
};

template <typename D, typename... Args>
StatusOr<std::unique_ptr<Decoder>> Started(Args... args) {
  auto decoder = std::make_unique<D>();
  RETURN_IF_ERROR(decoder->Start(args...));
  return decoder;
}

}  // namespace

StatusOr<std::unique_ptr<Decoder>> MakeDecoder(Packing packing) {
  constexpr int kGzipOnly = 16;
  switch (packing) {
    case Packing::kZlib:
      return Started<ZlibDecoder>(MAX_WBITS);
    case Packing::kDeflate:
      return Started<ZlibDecoder>(-MAX_WBITS);
    case Packing::kGzip:
      return Started<ZlibDecoder>(kGzipOnly + MAX_WBITS);
    case Packing::kBz2:
      return Started<Bz2Decoder>();
    case Packing::kXz:
    case Packing::kLzma:
      return Started<LzmaDecoder>(packing);
    case Packing::kLz4:
      return Started<Lz4Decoder>();
    case Packing::kNone:
      break;
  }
  return Error(Reason::kInternal, "nothing to unpack");
}

}  // namespace slipway::pickle
