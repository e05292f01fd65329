#include "data/parquet/pages.h"

#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <optional>

#include "data/parquet/thrift.h"
#include "data/row_batch.h"

namespace slipway::data::parquet {
namespace {

using Field = ThriftReader::Field;

constexpr size_t kFirstHeaderBytes = 256;  // grows where statistics are long
constexpr size_t kMaxHeaderBytes = size_t{16} << 20;
constexpr int64_t kDataPage = 0, kDictionaryPage = 2, kDataPageV2 = 3;

}  // namespace

HeldBytes& HeldBytes::operator=(HeldBytes&& other) noexcept {
  std::swap(bytes_, other.bytes_);
  std::swap(size_, other.size_);
  std::swap(held_, other.held_);
  return *this;
}

void HeldBytes::Free() {
  if (held_ != nullptr) *held_ -= size_;
  bytes_ = nullptr;
  size_ = 0;
  held_ = nullptr;
}

Status HeldBytes::Allocate(PageSource& source, size_t size) {
  static_assert(kBefore >= RowBatch::kLookBehind && kBehind >= Unpacker::kSlack);
  if (bytes_ == nullptr || size_ != size) {
    Free();
    if (size > PageSource::kMaxHeldBytes - source.held_bytes)
      return Error(Reason::kTooLarge,
                   "pages of all columns that are read at once take more than {} MB: write the "
                   "file with smaller pages or fewer columns",
                   PageSource::kMaxHeldBytes >> 20);
    bytes_ = std::make_unique_for_overwrite<char[]>(kBefore + size + kBehind);
    size_ = size;
    held_ = &source.held_bytes;
    *held_ += size;
  }
  std::memset(bytes_.get(), 0, kBefore);
  std::memset(data() + size, 0, kBehind);
  return OkStatus();
}

struct PageReader::Header {
  int64_t type = -1, size = -1, packed_size = -1;
  std::optional<uint32_t> checksum;
  int64_t values = -1, encoding = -1, levels_encoding = static_cast<int64_t>(Encoding::kRuns);
  int64_t levels_bytes = 0, repetitions_bytes = 0;  // of version 2
  bool is_packed = true;

  /// Numbers of fields differ between the three kinds of pages.
  void ReadKind(ThriftReader& thrift, int kind) {
    thrift.Struct([&](const Field& field) {
      int64_t* to = nullptr;
      const bool is_v2 = kind == 8;
      if (field.id == 1) to = &values;
      if (field.id == (is_v2 ? 4 : 2)) to = &encoding;
      if (kind == 5 && field.id == 3) to = &levels_encoding;
      if (is_v2 && field.id == 5) to = &levels_bytes;
      if (is_v2 && field.id == 6) to = &repetitions_bytes;
      if (is_v2 && field.id == 7) {
        is_packed = thrift.Bool(field);
        return true;
      }
      if (to == nullptr) return false;
      *to = thrift.Int(field);
      return true;
    });
  }

  void Read(ThriftReader& thrift) {
    thrift.Struct([&](const Field& field) {
      switch (field.id) {
        case 1:
          type = thrift.Int(field);
          return true;
        case 2:
          size = thrift.Int(field);
          return true;
        case 3:
          packed_size = thrift.Int(field);
          return true;
        case 4:
          checksum = static_cast<uint32_t>(thrift.Int(field));
          return true;
        case 5:
        case 7:
        case 8:
          if (thrift.IsStruct(field)) ReadKind(thrift, field.id);
          return true;
        default:
          return false;
      }
    });
  }
};

Status PageReader::ReadBytes(char* out, size_t size) {
  ASSIGN_OR_RETURN(const size_t got,
                   source_->file.ReadAt(at_, std::as_writable_bytes(std::span(out, size))));
  if (got < size) return Error(Reason::kIo, "the file changed while it was read");
  return OkStatus();
}

StatusOr<PageReader::Header> PageReader::ReadHeader() {
  const uint64_t left = chunk_.begin + chunk_.size - at_;
  for (size_t size = kFirstHeaderBytes;; size *= 8) {
    const auto window = static_cast<size_t>(std::min<uint64_t>(size, left));
    std::string bytes(window, '\0');
    RETURN_IF_ERROR(ReadBytes(bytes.data(), window));
    ThriftReader thrift(bytes);
    Header header;
    header.Read(thrift);
    if (thrift.cut() && window < left && size < kMaxHeaderBytes) continue;
    if (!thrift.ok()) return Error(Reason::kBadRequest, "its header is damaged or cut off");
    at_ += thrift.taken();
    const uint64_t room = left - thrift.taken();
    if (header.packed_size < 0 || static_cast<uint64_t>(header.packed_size) > room)
      return Error(Reason::kBadRequest, "expected up to {} bytes, as its column has, got {}", room,
                   header.packed_size);
    if (header.size < 0 || header.size > kMaxPageBytes)
      return Error(Reason::kTooLarge, "expected up to {} MB unpacked, got {} bytes",
                   kMaxPageBytes >> 20, header.size);
    return header;
  }
}

StatusOr<bool> PageReader::Next(Page& page) {
  const uint64_t begin = at_;
  StatusOr<bool> more = ReadPage(page);
  if (!more.ok()) return Annotate(more.status(), fmt::format("page at byte {}", begin));
  return more;
}

StatusOr<bool> PageReader::ReadPage(Page& page) {
  while (at_ < chunk_.begin + chunk_.size) {
    ASSIGN_OR_RETURN(const Header header, ReadHeader());
    const uint64_t end = at_ + static_cast<uint64_t>(header.packed_size);
    page.is_dictionary = header.type == kDictionaryPage;
    if (page.is_dictionary || header.type == kDataPage || header.type == kDataPageV2) {
      if (header.values < 0 || header.encoding < 0)
        return Error(Reason::kBadRequest, "its header has no number of values or no encoding");
      page.values = static_cast<uint32_t>(header.values);
      page.encoding = static_cast<Encoding>(header.encoding);
      RETURN_IF_ERROR(ReadBody(header, page));
      at_ = end;
      RETURN_IF_ERROR(Divide(header, page));
      return true;
    }
    at_ = end;
  }
  return false;
}

Status PageReader::ReadBody(const Header& header, Page& page) {
  const auto size = static_cast<size_t>(header.size);
  const auto packed_size = static_cast<size_t>(header.packed_size);
  RETURN_IF_ERROR(page.bytes.Allocate(*source_, size));
  const bool is_packed = header.is_packed && chunk_.codec != Codec::kPlain;
  if (!is_packed && size != packed_size)
    return Error(Reason::kBadRequest, "expected {} bytes that are not compressed, got {}", size,
                 packed_size);
  std::vector<char>& packed = source_->packed;
  if (is_packed && packed.size() < packed_size) packed.resize(packed_size);
  char* const body = is_packed ? packed.data() : page.bytes.data();
  RETURN_IF_ERROR(ReadBytes(body, packed_size));
  source_->unpacked_bytes += size;
  if (header.checksum &&
      *header.checksum != ::crc32_z(0, reinterpret_cast<const Bytef*>(body), packed_size))
    return Error(Reason::kBadRequest, "damaged: its checksum differs");
  if (!is_packed) return OkStatus();
  // Levels of version 2 stand in front, never compressed.
  const int64_t levels = header.levels_bytes + header.repetitions_bytes;
  if (header.levels_bytes < 0 || header.repetitions_bytes < 0 ||
      levels > std::min(header.size, header.packed_size))
    return Error(Reason::kBadRequest, "expected up to {} bytes of levels, got {}",
                 std::min(header.size, header.packed_size), levels);
  const auto front = static_cast<size_t>(levels);
  std::copy_n(body, front, page.bytes.data());
  if (size == front) return OkStatus();
  return source_->unpacker.Unpack(chunk_.codec, {body + front, packed_size - front},
                                  {page.bytes.data() + front, size - front});
}

Status PageReader::Divide(const Header& header, Page& page) const {
  page.data = {page.bytes.data(), page.bytes.size()};
  page.levels = {};
  if (page.is_dictionary) return OkStatus();
  const auto cut = [&](uint64_t size) {
    return Error(Reason::kBadRequest, "expected {} bytes of levels, got {}", size,
                 page.data.size());
  };
  if (header.type == kDataPageV2) {
    const auto repetitions = static_cast<uint64_t>(header.repetitions_bytes);
    const auto levels = static_cast<uint64_t>(header.levels_bytes);
    if (repetitions > page.data.size() || levels > page.data.size() - repetitions)
      return cut(levels);
    page.levels = page.data.substr(static_cast<size_t>(repetitions), static_cast<size_t>(levels));
    page.data.remove_prefix(static_cast<size_t>(repetitions + levels));
    return OkStatus();
  }
  if (!nullable_) return OkStatus();
  if (header.levels_encoding != static_cast<int64_t>(Encoding::kRuns))
    return Error(Reason::kUnsupported, "levels in encoding {} are not read: expected RLE",
                 header.levels_encoding);
  uint32_t size;
  if (page.data.size() < sizeof(size)) return cut(sizeof(size));
  std::memcpy(&size, page.data.data(), sizeof(size));
  page.data.remove_prefix(sizeof(size));
  if (size > page.data.size()) return cut(size);
  page.levels = page.data.substr(0, size);
  page.data.remove_prefix(size);
  return OkStatus();
}

}  // namespace slipway::data::parquet
