#include "io/byte_source.h"

#define ZLIB_CONST
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <limits>

namespace slipway::io {
namespace {

constexpr size_t kInputBytes = size_t{64} << 10;
constexpr std::array kGzipMagic = {std::byte{0x1f}, std::byte{0x8b}};
constexpr std::array kZstdMagic = {std::byte{0x28}, std::byte{0xb5}, std::byte{0x2f},
                                   std::byte{0xfd}};

class PlainSource final : public ByteSource {
 public:
  PlainSource(File file, Sha256* digest) : file_(std::move(file)), digest_(digest) {}

  StatusOr<size_t> Read(std::span<std::byte> out) override {
    ASSIGN_OR_RETURN(const size_t got, file_.ReadAt(offset_, out));
    offset_ += got;
    if (digest_ != nullptr) digest_->Update(out.first(got));
    return got;
  }

 private:
  File file_;
  Sha256* digest_;
  uint64_t offset_ = 0;
};

class GzipSource final : public ByteSource {
 public:
  explicit GzipSource(PlainSource compressed) : compressed_(std::move(compressed)) {}
  ~GzipSource() override { ::inflateEnd(&stream_); }

  Status Start() {
    constexpr int kGzipOnly = 16;
    if (::inflateInit2(&stream_, kGzipOnly + MAX_WBITS) == Z_OK) return OkStatus();
    return Error(Reason::kTooLarge, "gzip: no memory");
  }

  StatusOr<size_t> Read(std::span<std::byte> out) override {
    size_t done = 0;
    while (done < out.size()) {
      if (stream_.avail_in == 0) RETURN_IF_ERROR(Refill());
      if (stream_.avail_in == 0 && between_members_) break;
      const size_t room = std::min<size_t>(out.size() - done, std::numeric_limits<uInt>::max());
      stream_.next_out = reinterpret_cast<Bytef*>(out.data() + done);
      stream_.avail_out = static_cast<uInt>(room);
      const bool at_end = stream_.avail_in == 0;
      const int result = ::inflate(&stream_, Z_NO_FLUSH);
      const size_t got = room - stream_.avail_out;
      done += got;
      between_members_ = result == Z_STREAM_END;
      if (between_members_) ::inflateReset(&stream_);
      if (result < 0 && result != Z_BUF_ERROR) return Damaged();
      if (at_end && got == 0 && !between_members_) return Damaged();
    }
    return done;
  }

 private:
  static Status Damaged() { return Error(Reason::kBadModel, "gzip: damaged or cut"); }

  Status Refill() {
    ASSIGN_OR_RETURN(const size_t got, compressed_.Read(input_));
    stream_.next_in = reinterpret_cast<const Bytef*>(input_.data());
    stream_.avail_in = static_cast<uInt>(got);
    return OkStatus();
  }

  PlainSource compressed_;
  z_stream stream_ = {};
  std::array<std::byte, kInputBytes> input_;
  bool between_members_ = false;
};

class ZstdSource final : public ByteSource {
 public:
  explicit ZstdSource(PlainSource compressed)
      : compressed_(std::move(compressed)), context_(::ZSTD_createDCtx()) {}

  Status Start() {
    if (context_ != nullptr) return OkStatus();
    return Error(Reason::kTooLarge, "zstd: no memory");
  }

  StatusOr<size_t> Read(std::span<std::byte> out) override {
    ZSTD_outBuffer to = {out.data(), out.size(), 0};
    while (to.pos < to.size) {
      if (from_.pos == from_.size) {
        ASSIGN_OR_RETURN(const size_t got, compressed_.Read(input_));
        from_ = {input_.data(), got, 0};
      }
      const bool at_end = from_.size == 0;
      if (at_end && between_frames_) break;
      const size_t before = to.pos;
      const size_t result = ::ZSTD_decompressStream(context_.get(), &to, &from_);
      between_frames_ = result == 0;
      if (::ZSTD_isError(result) || (at_end && to.pos == before && !between_frames_))
        return Error(Reason::kBadModel, "zstd: damaged or cut");
    }
    return to.pos;
  }

 private:
  struct Free {
    void operator()(ZSTD_DCtx* context) const { ::ZSTD_freeDCtx(context); }
  };

  PlainSource compressed_;
  std::unique_ptr<ZSTD_DCtx, Free> context_;
  std::array<std::byte, kInputBytes> input_;
  ZSTD_inBuffer from_ = {};
  bool between_frames_ = false;
};

template <typename Source>
StatusOr<std::unique_ptr<ByteSource>> Started(PlainSource compressed) {
  auto source = std::make_unique<Source>(std::move(compressed));
  RETURN_IF_ERROR(source->Start());
  return source;
}

}  // namespace

StatusOr<Compression> CompressionOf(const File& file) {
  std::array<std::byte, kZstdMagic.size()> start;
  ASSIGN_OR_RETURN(const size_t got, file.ReadAt(0, start));
  const auto begins_with = [&](std::span<const std::byte> magic) {
    return got >= magic.size() && std::equal(magic.begin(), magic.end(), start.begin());
  };
  return begins_with(kGzipMagic)   ? Compression::kGzip
         : begins_with(kZstdMagic) ? Compression::kZstd
                                   : Compression::kNone;
}

StatusOr<std::unique_ptr<ByteSource>> OpenSource(File file, Sha256* digest) {
  ASSIGN_OR_RETURN(const Compression compression, CompressionOf(file));
  PlainSource plain(std::move(file), digest);
  if (compression == Compression::kGzip) return Started<GzipSource>(std::move(plain));
  if (compression == Compression::kZstd) return Started<ZstdSource>(std::move(plain));
  return std::make_unique<PlainSource>(std::move(plain));
}

}  // namespace slipway::io
