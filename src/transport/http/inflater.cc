#include <zlib.h>

#include <algorithm>

#include "transport/http/ascii.h"
#include "transport/http/coding.h"

namespace slipway::http {
namespace {
constexpr int kZlibWindow = 15;
constexpr int kGzipWindow = 15 + 16;
constexpr int kRawWindow = -15;

// RFC 1950: the low half of a zlib stream's first byte is the method, 8; a raw stream that begins
// like that would be a stored block with set padding bits, which no encoder writes.
int WindowBits(Coding coding, unsigned char first) {
  if (coding == Coding::kGzip) return kGzipWindow;
  return (first & 0x0f) == 8 ? kZlibWindow : kRawWindow;
}
}  // namespace

std::string_view NameOf(Coding coding) {
  switch (coding) {
    case Coding::kIdentity:
      return "identity";
    case Coding::kGzip:
      return "gzip";
    case Coding::kDeflate:
      return "deflate";
  }
  return "identity";
}

StatusOr<Coding> ParseContentEncoding(std::string_view value) {
  if (value.empty() || EqualsIgnoreCase(value, "identity")) return Coding::kIdentity;
  if (EqualsIgnoreCase(value, "gzip") || EqualsIgnoreCase(value, "x-gzip")) return Coding::kGzip;
  if (EqualsIgnoreCase(value, "deflate")) return Coding::kDeflate;
  return Error(Reason::kUnsupportedCoding, "Content-Encoding: expected gzip or deflate, got \"{}\"",
               value.substr(0, 64));
}

StatusOr<std::unique_ptr<Inflater>> Inflater::Create(Coding coding) {
  return std::unique_ptr<Inflater>(new Inflater(coding));
}

Inflater::Inflater(Coding coding) : coding_(coding) {}

Inflater::~Inflater() {
  if (stream_) inflateEnd(stream_.get());
}

Status Inflater::Init(unsigned char first) {
  auto stream = std::make_unique<z_stream>();
  if (inflateInit2(stream.get(), WindowBits(coding_, first)) != Z_OK)
    return Error(Reason::kOverloaded, "no memory to decompress the body");
  stream_ = std::move(stream);
  return OkStatus();
}

Status Inflater::Feed(std::string_view in, size_t max_bytes, BodyBuffer& out) {
  if (in.empty()) return OkStatus();
  if (!stream_) RETURN_IF_ERROR(Init(static_cast<unsigned char>(in.front())));
  if (done_)
    return Error(Reason::kBadRequest, "body: bytes after the end of the {} stream",
                 NameOf(coding_));
  stream_->next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
  stream_->avail_in = static_cast<uInt>(in.size());  // a read is far below 4 GiB
  while (true) {
    if (out.size() > max_bytes)
      return Error(Reason::kTooLarge, "body: more than {} bytes after decompression", max_bytes);
    // One byte past the limit tells a body of exactly that size from a larger one.
    const size_t want =
        std::min<size_t>(max_bytes + 1 - out.size(), std::max<size_t>(in.size(), 4096));
    if (out.room().empty() && !out.Reserve(want, std::min(out.size() * 2, max_bytes + 1)))
      return Error(Reason::kOverloaded, "body: the memory for request bodies is used up");
    const size_t room = std::min<size_t>(out.room().size(), max_bytes + 1 - out.size());
    stream_->next_out = reinterpret_cast<Bytef*>(out.room().data());
    stream_->avail_out = static_cast<uInt>(std::min<size_t>(room, 1u << 30));
    const uInt offered = stream_->avail_out;
    const int result = inflate(stream_.get(), Z_NO_FLUSH);
    out.Commit(offered - stream_->avail_out);
    if (result == Z_STREAM_END) break;
    if (result == Z_BUF_ERROR ||
        (result == Z_OK && stream_->avail_in == 0 && stream_->avail_out > 0))
      return OkStatus();
    if (result != Z_OK)
      return Error(Reason::kBadRequest, "body: not a valid {} stream", NameOf(coding_));
  }
  done_ = true;
  if (out.size() > max_bytes)
    return Error(Reason::kTooLarge, "body: more than {} bytes after decompression", max_bytes);
  if (stream_->avail_in > 0)
    return Error(Reason::kBadRequest, "body: bytes after the end of the {} stream",
                 NameOf(coding_));
  return OkStatus();
}

}  // namespace slipway::http
