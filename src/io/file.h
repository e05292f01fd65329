#pragma once
// Files that are read: regular ones only, into memory of our own.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/status.h"
#include "io/digest.h"

namespace slipway::io {

/// Closes itself.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept;
  ~FileDescriptor() { Close(); }

  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  int Release() { return std::exchange(fd_, -1); }

 private:
  void Close();
  int fd_ = -1;
};

/// What the file system says of a file. Two equal values mean: not changed in between, as far as
/// the file system can tell (ctime moves with every write, also when mtime is set back).
struct FileFacts {
  enum class Kind : uint8_t { kRegular, kFolder, kOther };
  Kind kind = Kind::kOther;
  uint64_t size_bytes = 0;
  int64_t modified_ns = 0;  // mtime
  int64_t changed_ns = 0;   // ctime
  uint64_t device = 0;
  uint64_t inode = 0;
  bool operator==(const FileFacts&) const = default;
};

/// @param name  for messages.
StatusOr<FileFacts> FactsOf(int fd, std::string_view name);

/// Bytes of a file in memory of our own, 64-byte aligned.
///
/// Models are read, never mapped. A mapped file that somebody truncates ends the process with
/// SIGBUS, and one that somebody rewrites would hand the engine other bytes than those that were
/// hashed and checked. The price is one copy, and memory for the time of a load.
class Bytes {
 public:
  Bytes() = default;
  /// Uninitialised. kTooLarge when there is no such memory.
  static StatusOr<Bytes> Allocate(uint64_t size_bytes, std::string_view name);

  std::span<std::byte> writable() { return {data_.get(), size_}; }
  std::span<const std::byte> span() const { return {data_.get(), size_}; }
  std::string_view text() const { return {reinterpret_cast<const char*>(data_.get()), size_}; }
  size_t size() const { return size_; }

 private:
  struct Free {
    Free() : Free(0) {}
    explicit Free(size_t mapped) : mapped_bytes(mapped) {}
    size_t mapped_bytes;  // 0: malloc's
    void operator()(std::byte* data) const;
  };
  using Data = std::unique_ptr<std::byte, Free>;
  static Data MapHuge(size_t size_bytes);

  Data data_;
  size_t size_ = 0;
};

/// An open regular file. Threads: const methods from any thread.
class File {
 public:
  /// Follows links. Never blocks, also not on a FIFO.
  /// @return kNotFound; kBadModel when it is no regular file; kIo.
  static StatusOr<File> Open(const std::string& path);
  /// Takes over `fd`. Folder::OpenFile uses it.
  static StatusOr<File> FromDescriptor(FileDescriptor fd, std::string name);

  /// As given when it was opened; for messages.
  const std::string& name() const { return name_; }
  const FileFacts& facts() const { return facts_; }
  uint64_t size_bytes() const { return facts_.size_bytes; }
  int fd() const { return fd_.get(); }

  /// The whole content. `digest` (optional) gets the same bytes while they are in the cache.
  /// @return kTooLarge above `max_bytes`; kIo when reading fails or the file changed meanwhile.
  StatusOr<Bytes> ReadAll(uint64_t max_bytes, Sha256* digest = nullptr) const;

  /// Up to `out.size()` bytes from `offset`; fewer only at the end of the file.
  StatusOr<size_t> ReadAt(uint64_t offset, std::span<std::byte> out) const;

  /// kIo when the file is not what it was when it was opened.
  Status CheckUnchanged() const;

 private:
  File(FileDescriptor fd, std::string name, FileFacts facts)
      : fd_(std::move(fd)), name_(std::move(name)), facts_(facts) {}

  FileDescriptor fd_;
  std::string name_;
  FileFacts facts_;
};

}  // namespace slipway::io
