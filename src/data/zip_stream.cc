#include "data/zip_stream.h"

#define ZLIB_CONST
#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <string_view>

#include "base/utf8.h"

namespace slipway::data {
namespace {

constexpr uint32_t kMemberSignature = 0x04034b50;
constexpr size_t kHeaderBytes = 30;
constexpr uint16_t kEncrypted = 1, kSizesFollow = 8;  // flags
constexpr uint16_t kStored = 0, kDeflated = 8;
constexpr uint16_t kZip64Field = 1;
constexpr uint32_t kInZip64 = 0xFFFFFFFF;
constexpr size_t kMaxNameBytes = 4096;

/// A little-endian number at a place in a header.
template <typename T>
T NumberAt(std::string_view bytes, size_t at) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof(value));
  return value;
}

Status CutOff() { return Error(Reason::kBadRequest, "zip: the file is cut off"); }

/// Exactly `size` bytes.
Status ReadExactly(io::ByteSource& source, size_t size, std::string& out) {
  out.resize(size);
  ASSIGN_OR_RETURN(const size_t got, source.Read(std::as_writable_bytes(std::span(out))));
  return got == size ? OkStatus() : CutOff();
}

struct Sizes {
  uint64_t packed = 0, unpacked = 0;
};

/// Replaces sizes that are too large for the header itself.
Status ReadZip64(std::string_view extra, Sizes& sizes) {
  while (extra.size() >= 4) {
    const auto id = NumberAt<uint16_t>(extra, 0);
    const auto size = NumberAt<uint16_t>(extra, 2);
    extra.remove_prefix(4);
    if (size > extra.size()) break;
    if (id == kZip64Field && size >= 16) {
      if (sizes.unpacked == kInZip64) sizes.unpacked = NumberAt<uint64_t>(extra, 0);
      if (sizes.packed == kInZip64) sizes.packed = NumberAt<uint64_t>(extra, 8);
      return OkStatus();
    }
    extra.remove_prefix(size);
  }
  if (sizes.packed != kInZip64 && sizes.unpacked != kInZip64) return OkStatus();
  return Error(Reason::kBadRequest, "zip: a member's size is missing");
}

}  // namespace

/// Unpacks and checks one member.
class ZipStream::Member final : public io::ByteSource {
 public:
  Member(io::ByteSource& archive, Sizes sizes, uint32_t checksum, bool deflated)
      : archive_(archive), left_(sizes), checksum_(checksum), deflated_(deflated) {}
  ~Member() override {
    if (deflated_) ::inflateEnd(&stream_);
  }

  Status Start() {
    if (!deflated_) {
      if (left_.packed == left_.unpacked) return OkStatus();
      return Error(Reason::kBadRequest, "zip: a stored member has two sizes");
    }
    if (::inflateInit2(&stream_, -MAX_WBITS) == Z_OK) return OkStatus();
    return Error(Reason::kTooLarge, "zip: no memory");
  }

  bool at_end() const { return left_.packed == 0 && left_.unpacked == 0; }

  StatusOr<size_t> Read(std::span<std::byte> out) override {
    const auto want = static_cast<size_t>(std::min<uint64_t>(out.size(), left_.unpacked));
    size_t done = 0;
    while (done < want) {
      ASSIGN_OR_RETURN(const size_t got, ReadSome(out.subspan(done, want - done)));
      if (got == 0) return CutOff();
      done += got;
    }
    actual_ =
        static_cast<uint32_t>(::crc32_z(actual_, reinterpret_cast<const Bytef*>(out.data()), done));
    left_.unpacked -= done;
    if (left_.unpacked == 0) RETURN_IF_ERROR(Finish());
    return done;
  }

 private:
  StatusOr<size_t> ReadSome(std::span<std::byte> out) {
    if (!deflated_) {
      ASSIGN_OR_RETURN(const size_t got, archive_.Read(out));
      left_.packed -= got;
      return got;
    }
    const size_t room = std::min<size_t>(out.size(), size_t{1} << 30);
    stream_.next_out = reinterpret_cast<Bytef*>(out.data());
    stream_.avail_out = static_cast<uInt>(room);
    while (stream_.avail_out == room) {
      if (stream_.avail_in == 0) RETURN_IF_ERROR(Refill());
      const int result = ::inflate(&stream_, Z_NO_FLUSH);
      if (result == Z_STREAM_END) break;
      if (result != Z_OK) return Error(Reason::kBadRequest, "zip: damaged or cut off");
    }
    return room - stream_.avail_out;
  }

  Status Refill() {
    const auto size = static_cast<size_t>(std::min<uint64_t>(input_.size(), left_.packed));
    ASSIGN_OR_RETURN(const size_t got, archive_.Read(std::span(input_).first(size)));
    if (got < size) return CutOff();
    left_.packed -= got;
    stream_.next_in = reinterpret_cast<const Bytef*>(input_.data());
    stream_.avail_in = static_cast<uInt>(got);
    return OkStatus();
  }

  /// Passes over what ends the compressed bytes.
  Status Finish() {
    while (left_.packed > 0) RETURN_IF_ERROR(Refill());
    if (actual_ == checksum_) return OkStatus();
    return Error(Reason::kBadRequest, "zip: damaged: the checksum differs");
  }

  io::ByteSource& archive_;
  Sizes left_;
  uint32_t checksum_, actual_ = 0;
  bool deflated_;
  z_stream stream_ = {};
  std::array<std::byte, 64 << 10> input_;
};

ZipStream::ZipStream(io::ByteSource& archive) : archive_(archive) {}
ZipStream::~ZipStream() = default;

io::ByteSource& ZipStream::member() { return *member_; }

StatusOr<bool> ZipStream::Next() {
  if (member_ != nullptr && !member_->at_end())
    return Error(Reason::kBadRequest, "zip: member \"{}\" is longer than expected", name_);
  std::string header, extra;
  RETURN_IF_ERROR(ReadExactly(archive_, sizeof(kMemberSignature), header));
  if (NumberAt<uint32_t>(header, 0) != kMemberSignature) return false;
  RETURN_IF_ERROR(ReadExactly(archive_, kHeaderBytes - sizeof(kMemberSignature), header));
  header.insert(0, sizeof(kMemberSignature), '\0');
  const auto flags = NumberAt<uint16_t>(header, 6);
  const auto method = NumberAt<uint16_t>(header, 8);
  const auto checksum = NumberAt<uint32_t>(header, 14);
  Sizes sizes{.packed = NumberAt<uint32_t>(header, 18), .unpacked = NumberAt<uint32_t>(header, 22)};
  const auto name_bytes = NumberAt<uint16_t>(header, 26);
  if (name_bytes > kMaxNameBytes) return Error(Reason::kBadRequest, "zip: a name is too long");
  RETURN_IF_ERROR(ReadExactly(archive_, name_bytes, name_));
  RETURN_IF_ERROR(ReadExactly(archive_, NumberAt<uint16_t>(header, 28), extra));
  if (!IsValidUtf8(name_) || name_.find('\0') != std::string::npos)
    return Error(Reason::kBadRequest, "zip: a name is no UTF-8 text");
  if ((flags & (kEncrypted | kSizesFollow)) != 0 || (method != kStored && method != kDeflated))
    return Error(Reason::kUnsupported,
                 "zip: member \"{}\" is encrypted, streamed or compressed by another method than "
                 "deflate: save it with numpy.savez",
                 name_);
  RETURN_IF_ERROR(ReadZip64(extra, sizes));
  member_ = std::make_unique<Member>(archive_, sizes, checksum, method == kDeflated);
  RETURN_IF_ERROR(member_->Start());
  return true;
}

}  // namespace slipway::data
