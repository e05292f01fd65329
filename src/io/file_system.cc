#include "io/file_system.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

namespace slipway::io {

int FileSystem::Create(const std::string& path, unsigned mode) {
  return ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
}

int FileSystem::OpenFolder(const std::string& path) {
  return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

int FileSystem::MakeFolder(const std::string& path, unsigned mode) {
  return ::mkdir(path.c_str(), mode);
}

long FileSystem::Write(int fd, std::span<const std::byte> bytes) {
  return ::write(fd, bytes.data(), bytes.size());
}

int FileSystem::Sync(int fd) { return ::fsync(fd); }

int FileSystem::Close(int fd) { return ::close(fd); }

int FileSystem::Rename(const std::string& from, const std::string& to) {
  return ::rename(from.c_str(), to.c_str());
}

int FileSystem::RenameNew(const std::string& from, const std::string& to) {
  const long done =
      ::syscall(SYS_renameat2, AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE);
  if (done == 0 || (errno != EINVAL && errno != ENOSYS)) return static_cast<int>(done);
  // NFS and some FUSE file systems know no RENAME_NOREPLACE. What comes into being between these
  // two calls is replaced only if it is a file or an empty folder.
  struct stat found;
  if (::lstat(to.c_str(), &found) == 0) {
    errno = EEXIST;
    return -1;
  }
  return ::rename(from.c_str(), to.c_str());
}

int FileSystem::Remove(const std::string& path) { return std::remove(path.c_str()); }

FileSystem& FileSystem::Real() {
  static FileSystem real;
  return real;
}

}  // namespace slipway::io
