#include "io/byte_source.h"

#define ZLIB_CONST
#include <zlib.h>

#include <algorithm>
#include <array>
#include <limits>

namespace slipway::io {
namespace {

constexpr size_t kInputBytes = size_t{64} << 10;

class PlainSource final : public ByteSource {
 public:
  explicit PlainSource(File file) : file_(std::move(file)) {}

  StatusOr<size_t> Read(std::span<std::byte> out) override {
    ASSIGN_OR_RETURN(const size_t got, file_.ReadAt(offset_, out));
    offset_ += got;
    return got;
  }

 private:
  File file_;
  uint64_t offset_ = 0;
};

class GzipSource final : public ByteSource {
 public:
  explicit GzipSource(File file) : compressed_(std::move(file)) {}
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

}  // namespace

StatusOr<std::unique_ptr<ByteSource>> OpenSource(File file) {
  std::array<std::byte, 2> start;
  ASSIGN_OR_RETURN(const size_t got, file.ReadAt(0, start));
  const bool gzip = got == 2 && start[0] == std::byte{0x1f} && start[1] == std::byte{0x8b};
  if (!gzip) return std::make_unique<PlainSource>(std::move(file));
  auto source = std::make_unique<GzipSource>(std::move(file));
  RETURN_IF_ERROR(source->Start());
  return source;
}

}  // namespace slipway::io
