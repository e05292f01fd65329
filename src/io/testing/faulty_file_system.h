#pragma once
#include <cerrno>

#include "io/file_system.h"

namespace slipway::io {

/// The real file system, in which one call fails. Counting calls: 1 is the first. Removing a file
/// never fails, so that a test can tell a leftover from a clean-up that was itself made to fail.
class FaultyFileSystem final : public FileSystem {
 public:
  void FailCall(int number, int error) {
    calls_ = 0;
    failing_ = number;
    error_ = error;
  }
  int calls() const { return calls_; }
  /// Every write takes at most this many bytes.
  void LimitWrites(size_t bytes) { write_limit_ = bytes; }

  int Create(const std::string& path, unsigned mode) override {
    return Fails() ? -1 : FileSystem::Create(path, mode);
  }
  int OpenFolder(const std::string& path) override {
    return Fails() ? -1 : FileSystem::OpenFolder(path);
  }
  int MakeFolder(const std::string& path, unsigned mode) override {
    return Fails() ? -1 : FileSystem::MakeFolder(path, mode);
  }
  long Write(int fd, std::span<const std::byte> bytes) override {
    if (bytes.size() > write_limit_) bytes = bytes.first(write_limit_);
    return Fails() ? -1 : FileSystem::Write(fd, bytes);
  }
  int Sync(int fd) override { return Fails() ? -1 : FileSystem::Sync(fd); }
  int Close(int fd) override {
    const int result = FileSystem::Close(fd);  // like Linux: also a failing close closes
    return Fails() ? -1 : result;
  }
  int Rename(const std::string& from, const std::string& to) override {
    return Fails() ? -1 : FileSystem::Rename(from, to);
  }
  int RenameNew(const std::string& from, const std::string& to) override {
    return Fails() ? -1 : FileSystem::RenameNew(from, to);
  }

 private:
  bool Fails() {
    if (++calls_ != failing_) return false;
    errno = error_;
    return true;
  }

  int calls_ = 0;
  int failing_ = 0;
  int error_ = 0;
  size_t write_limit_ = SIZE_MAX;
};

}  // namespace slipway::io
