#pragma once
// The system calls that durable writing makes, so that tests can let each of them fail in turn
// (testing/faulty_file_system.h). Reading does not go through here: it has no state to corrupt.

#include <cstddef>
#include <span>
#include <string>

namespace slipway::io {

/// Each method answers as its system call does: −1 with errno set is a failure.
class FileSystem {
 public:
  virtual ~FileSystem() = default;

  /// Creates `path` for writing; fails with EEXIST when it is there.
  virtual int Create(const std::string& path, unsigned mode);
  /// A folder, to be synced.
  virtual int OpenFolder(const std::string& path);
  virtual int MakeFolder(const std::string& path, unsigned mode);
  virtual long Write(int fd, std::span<const std::byte> bytes);
  virtual int Sync(int fd);
  virtual int Close(int fd);
  virtual int Rename(const std::string& from, const std::string& to);
  /// Fails with EEXIST when `to` is there.
  virtual int RenameNew(const std::string& from, const std::string& to);
  virtual int Remove(const std::string& path);

  /// The machine's own; it has no state.
  static FileSystem& Real();
};

}  // namespace slipway::io
