#include "io/file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "base/huge_pages.h"

#include "io/digest.h"
#include "io/errno_error.h"

namespace slipway::io {
namespace {

constexpr size_t kAlignment = 64;
// Mapped apart, so that the advice ends with the block, and the heap of a start (base/huge_heap.h)
// is left to those that cannot advise.
constexpr size_t kHugeFromBytes = 2 * kHugePageBytes;

int64_t Nanoseconds(const timespec& time) { return time.tv_sec * 1'000'000'000 + time.tv_nsec; }

FileFacts::Kind KindOf(mode_t mode) {
  if (S_ISREG(mode)) return FileFacts::Kind::kRegular;
  if (S_ISDIR(mode)) return FileFacts::Kind::kFolder;
  return FileFacts::Kind::kOther;
}

}  // namespace

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
  if (this != &other) {
    Close();
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

void FileDescriptor::Close() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

StatusOr<FileFacts> FactsOf(int fd, std::string_view name) {
  struct stat found;
  if (::fstat(fd, &found) != 0) return ErrnoError(errno, name, "examined");
  FileFacts facts;
  facts.kind = KindOf(found.st_mode);
  facts.size_bytes = static_cast<uint64_t>(found.st_size);
  facts.modified_ns = Nanoseconds(found.st_mtim);
  facts.changed_ns = Nanoseconds(found.st_ctim);
  facts.device = found.st_dev;
  facts.inode = found.st_ino;
  return facts;
}

void Bytes::Free::operator()(std::byte* data) const {
  if (mapped_bytes > 0)
    ::munmap(data, mapped_bytes);
  else
    std::free(data);
}

// Half the time of reading a model that lies in the page cache.
Bytes::Data Bytes::MapHuge(size_t size_bytes) {
  const size_t rounded = (size_bytes + kHugePageBytes - 1) / kHugePageBytes * kHugePageBytes;
  return {static_cast<std::byte*>(MapHugePages(rounded)), Free{rounded}};
}

StatusOr<Bytes> Bytes::Allocate(uint64_t size_bytes, std::string_view name) {
  Bytes bytes;
  if (size_bytes == 0) return bytes;
  if (size_bytes > SIZE_MAX - 2 * kHugePageBytes)
    return Error(Reason::kTooLarge, "\"{}\": {} bytes do not fit into memory", name, size_bytes);
  if (size_bytes >= kHugeFromBytes) {
    bytes.data_ = MapHuge(size_bytes);
  } else {
    const size_t rounded = (size_bytes + kAlignment - 1) / kAlignment * kAlignment;
    bytes.data_.reset(static_cast<std::byte*>(std::aligned_alloc(kAlignment, rounded)));
  }
  if (!bytes.data_)
    return Error(Reason::kTooLarge, "\"{}\": no memory for {} bytes", name, size_bytes);
  bytes.size_ = size_bytes;
  return bytes;
}

StatusOr<File> File::Open(const std::string& path) {
  FileDescriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd.valid()) return ErrnoError(errno, path, "opened");
  return FromDescriptor(std::move(fd), path);
}

StatusOr<File> File::FromDescriptor(FileDescriptor fd, std::string name) {
  ASSIGN_OR_RETURN(const FileFacts facts, FactsOf(fd.get(), name));
  if (facts.kind != FileFacts::Kind::kRegular) {
    return Error(Reason::kBadModel, "\"{}\": expected a regular file, got a {}", name,
                 facts.kind == FileFacts::Kind::kFolder ? "folder" : "device, pipe or socket");
  }
  return File(std::move(fd), std::move(name), facts);
}

StatusOr<Bytes> File::ReadAll(uint64_t max_bytes, Sha256* digest) const {
  if (size_bytes() > max_bytes) {
    return Error(Reason::kTooLarge, "\"{}\": expected at most {} bytes, got {}", name_, max_bytes,
                 size_bytes());
  }
  ASSIGN_OR_RETURN(Bytes bytes, Bytes::Allocate(size_bytes(), name_));
  const std::span<std::byte> out = bytes.writable();
  for (size_t at = 0; at < out.size(); at += kHashedAtOnce) {
    const auto chunk = out.subspan(at, std::min(kHashedAtOnce, out.size() - at));
    ASSIGN_OR_RETURN(const size_t got, ReadAt(at, chunk));
    if (got != chunk.size()) {
      return Error(Reason::kIo, "\"{}\": changed while it was read: expected {} bytes, got {}",
                   name_, out.size(), at + got);
    }
    if (digest) digest->Update(chunk);
  }
  RETURN_IF_ERROR(CheckUnchanged());
  return bytes;
}

StatusOr<size_t> File::ReadAt(uint64_t offset, std::span<std::byte> out) const {
  size_t done = 0;
  while (done < out.size()) {
    const ssize_t got =
        ::pread(fd_.get(), out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return ErrnoError(errno, name_, "read");
    if (got == 0) break;
    done += static_cast<size_t>(got);
  }
  return done;
}

Status File::CheckUnchanged() const {
  ASSIGN_OR_RETURN(const FileFacts now, FactsOf(fd_.get(), name_));
  // ctime alone also moves with a chmod, a new hard link or an unlink, which leave the content
  // alone.
  if (now.size_bytes != facts_.size_bytes || now.modified_ns != facts_.modified_ns) {
    return Error(Reason::kIo, "\"{}\": changed while it was read", name_);
  }
  return OkStatus();
}

}  // namespace slipway::io
