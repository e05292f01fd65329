#include "import/skops/zip.h"

#include <absl/strings/ascii.h>
#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <string>

#include "import/pickle/packing.h"
#include "import/pickle/text.h"

namespace slipway::skops {
namespace {

using pickle::Printable;

constexpr size_t kLocalBytes = 30, kEntryBytes = 46, kEndBytes = 22, kMaxCommentBytes = 65'535;
constexpr uint32_t kInZip64 = 0xFFFFFFFF;
constexpr size_t kMaxEntries = 20'000;

template <typename T>
T Take(std::span<const std::byte> bytes, size_t at) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof(T));
  return value;
}

std::string_view TextAt(std::span<const std::byte> bytes, size_t at, size_t size) {
  return {reinterpret_cast<const char*>(bytes.data()) + at, size};
}

Status Bad(std::string_view name, std::string_view complaint) {
  return Error(Reason::kBadModel, "zip: member \"{}\": {}", Printable(name), complaint);
}

/// Where the record at the end begins: the last one whose comment reaches the end of the file.
StatusOr<size_t> FindEnd(std::span<const std::byte> bytes) {
  const std::string_view text = TextAt(bytes, 0, bytes.size());
  const size_t lowest =
      bytes.size() > kEndBytes + kMaxCommentBytes ? bytes.size() - kEndBytes - kMaxCommentBytes : 0;
  for (size_t from = text.npos;;) {
    const size_t at = text.rfind("PK\x05\x06", from);
    if (at == text.npos || at < lowest) break;
    if (bytes.size() - at >= kEndBytes &&
        bytes.size() - at - kEndBytes == Take<uint16_t>(bytes, at + 20))
      return at;
    if (at == 0) break;
    from = at - 1;
  }
  return Error(Reason::kBadModel,
               "zip: expected the record at its end, got none: the file is cut off");
}

uint32_t ChecksumOf(std::span<const std::byte> bytes) {
  return static_cast<uint32_t>(
      ::crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

/// Whether a name would leave the folder that a program unpacks it into.
bool LeavesItsFolder(std::string_view name) {
  if (name.starts_with('/') || name.starts_with('\\')) return true;
  if (name.size() > 1 && name[1] == ':' && absl::ascii_isalpha(static_cast<unsigned char>(name[0])))
    return true;  // a drive of Windows
  for (size_t at = 0; at <= name.size();) {
    const size_t end = std::min(name.find_first_of("/\\", at), name.size());
    if (name.substr(at, end - at) == "..") return true;
    at = end + 1;
  }
  return false;
}

}  // namespace

StatusOr<Zip> Zip::Open(std::span<const std::byte> bytes) {
  ASSIGN_OR_RETURN(const size_t end, FindEnd(bytes));
  if (Take<uint16_t>(bytes, end + 4) != 0 || Take<uint16_t>(bytes, end + 6) != 0)
    return Error(Reason::kUnsupported, "zip: an archive of several volumes is not read");
  const size_t size = Take<uint32_t>(bytes, end + 12);
  size_t at = Take<uint32_t>(bytes, end + 16);
  if (at == kInZip64 || size == kInZip64)
    return Error(Reason::kUnsupported, "zip: an archive of 4 GiB or more (zip64) is not read");
  if (at > end || size > end - at)
    return Error(Reason::kBadModel, "zip: expected a directory before byte {}, got {} bytes at {}",
                 end, size, at);
  Zip zip(bytes.first(at + size));  // members and directory; entries may not reach behind
  while (at < zip.bytes_.size()) RETURN_IF_ERROR(zip.AddEntry(at));
  return zip;
}

Status Zip::AddEntry(size_t& at) {
  const size_t left = bytes_.size() - at;
  if (left < kEntryBytes || TextAt(bytes_, at, 4) != "PK\x01\x02")
    return Error(Reason::kBadModel, "zip: expected an entry of the directory at byte {}", at);
  const auto flags = Take<uint16_t>(bytes_, at + 8);
  const size_t name_bytes = Take<uint16_t>(bytes_, at + 28);
  const size_t entry_bytes =
      kEntryBytes + name_bytes + Take<uint16_t>(bytes_, at + 30) + Take<uint16_t>(bytes_, at + 32);
  if (entry_bytes > left)
    return Error(Reason::kBadModel, "zip: the entry of the directory at byte {} is cut off", at);
  const std::string_view name = TextAt(bytes_, at + kEntryBytes, name_bytes);
  Entry entry;
  entry.method = Take<uint16_t>(bytes_, at + 10);
  entry.checksum = Take<uint32_t>(bytes_, at + 16);
  const size_t packed_bytes = Take<uint32_t>(bytes_, at + 20);
  entry.unpacked_bytes = Take<uint32_t>(bytes_, at + 24);
  const size_t local = Take<uint32_t>(bytes_, at + 42);
  constexpr uint16_t kEncrypted = 1, kStored = 0, kDeflated = 8;
  if ((flags & kEncrypted) != 0)
    return Error(Reason::kUnsupported, "zip: member \"{}\" is encrypted", Printable(name));
  if (entry.method != kStored && entry.method != kDeflated)
    return Error(Reason::kUnsupported,
                 "zip: member \"{}\": compression {} is not read; store or deflate it",
                 Printable(name), entry.method);
  if (local > bytes_.size() || bytes_.size() - local < kLocalBytes ||
      TextAt(bytes_, local, 4) != "PK\x03\x04")
    return Bad(name, fmt::format("expected it at byte {}", local));
  // What the local header says of sizes does not count: numpy leaves them to an extra field.
  const size_t begin =
      local + kLocalBytes + Take<uint16_t>(bytes_, local + 26) + Take<uint16_t>(bytes_, local + 28);
  if (begin > bytes_.size() || packed_bytes > bytes_.size() - begin)
    return Bad(name, fmt::format("expected {} bytes at byte {}", packed_bytes, begin));
  if (entry.method == kStored && packed_bytes != entry.unpacked_bytes)
    return Bad(name, "expected as many bytes stored as it holds");
  entry.packed = bytes_.subspan(begin, packed_bytes);
  if (LeavesItsFolder(name)) return Bad(name, "expected a name inside the archive");
  if (names_.size() == kMaxEntries)
    return Error(Reason::kTooLarge, "zip: expected at most {} members, got more", kMaxEntries);
  if (!entries_.try_emplace(std::string(name), entry).second) return Bad(name, "is there twice");
  names_.push_back(name);
  at += entry_bytes;
  return OkStatus();
}

StatusOr<uint64_t> Zip::SizeOf(std::string_view name) const {
  const auto found = entries_.find(name);
  if (found == entries_.end()) return Bad(name, "is not in the archive");
  return found->second.unpacked_bytes;
}

StatusOr<std::span<const std::byte>> Zip::Read(std::string_view name, pickle::Heap& heap) {
  const auto found = entries_.find(name);
  if (found == entries_.end()) return Bad(name, "is not in the archive");
  Entry& entry = found->second;
  if (!entry.is_read) {
    RETURN_IF_ERROR(heap.Charge(entry.unpacked_bytes));
    RETURN_IF_ERROR(Unpack(name, entry));
  }
  return entry.read;
}

Status Zip::Unpack(std::string_view name, Entry& entry) {
  entry.read = entry.packed;
  if (entry.method != 0) {
    auto unpacked = pickle::Unpack(pickle::Packing::kDeflate, entry.packed,
                                   {.max_bytes = entry.unpacked_bytes});
    if (!unpacked.ok())
      return Annotate(unpacked.status(), fmt::format("zip: member \"{}\"", Printable(name)));
    if (unpacked->size() != entry.unpacked_bytes)
      return Bad(name,
                 fmt::format("expected {} bytes, got {}", entry.unpacked_bytes, unpacked->size()));
    entry.read = unpacked_.emplace_back(*std::move(unpacked));
  }
  if (ChecksumOf(entry.read) != entry.checksum) return Bad(name, "its checksum does not match");
  entry.is_read = true;
  return OkStatus();
}

}  // namespace slipway::skops
