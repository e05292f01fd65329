#include "io/durable_write.h"

#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <filesystem>
#include <utility>

#include "io/beneath.h"
#include "io/errno_error.h"

namespace slipway::io {
namespace {

// A dot in front keeps it out of repositories' scans; process and count keep writers apart.
std::string TemporaryFor(const std::string& path) {
  static std::atomic<uint64_t> count{0};
  const std::filesystem::path final(path);
  const std::string name =
      fmt::format(".{}.{}-{}.tmp", final.filename().string(), ::getpid(), count++);
  return (final.parent_path() / name).string();
}

std::string ParentOf(const std::string& path) {
  const std::filesystem::path parent = std::filesystem::path(path).parent_path();
  return parent.empty() ? "." : parent.string();
}

std::string WithoutTrailingSlash(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

// Makes a rename, or a new entry, in `folder` survive a power cut.
Status SyncFolder(const std::string& folder, FileSystem& system) {
  const int fd = system.OpenFolder(folder);
  if (fd < 0) return ErrnoError(errno, folder, "opened to sync it");
  const int synced = system.Sync(fd);
  const int error = errno;
  system.Close(fd);
  return synced == 0 ? OkStatus() : ErrnoError(error, folder, "synced to disk");
}

Status RenameInto(const std::string& temporary, const std::string& path,
                  DurableFile::Existing existing, FileSystem& system) {
  const int renamed = existing == DurableFile::Existing::kReplace
                          ? system.Rename(temporary, path)
                          : system.RenameNew(temporary, path);
  if (renamed == 0) return OkStatus();
  if (errno == EEXIST || errno == ENOTEMPTY) {
    return Error(Reason::kAlreadyExists, "\"{}\" exists already", path);
  }
  return ErrnoError(errno, path, "renamed into place");
}

}  // namespace

DurableFile::DurableFile(std::string path, std::string temporary, int fd, Existing existing,
                         FileSystem& system)
    : path_(std::move(path)),
      temporary_(std::move(temporary)),
      fd_(fd),
      existing_(existing),
      system_(&system) {}

DurableFile::DurableFile(DurableFile&& other) noexcept
    : path_(std::move(other.path_)),
      temporary_(std::exchange(other.temporary_, "")),
      fd_(std::exchange(other.fd_, -1)),
      existing_(other.existing_),
      system_(other.system_) {}

DurableFile::~DurableFile() {
  if (fd_ >= 0) system_->Close(fd_);
  if (!temporary_.empty()) system_->Remove(temporary_);
}

StatusOr<DurableFile> DurableFile::Create(std::string path, Existing existing, FileSystem& system) {
  std::string temporary = TemporaryFor(path);
  const int fd = system.Create(temporary, 0644);
  if (fd < 0) return ErrnoError(errno, path, "created");
  return DurableFile(std::move(path), std::move(temporary), fd, existing, system);
}

Status DurableFile::Append(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const long written = system_->Write(fd_, bytes);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return ErrnoError(errno, path_, "written");
    bytes = bytes.subspan(static_cast<size_t>(written));
  }
  return OkStatus();
}

Status DurableFile::CloseFile() {
  // Some file systems (NFS) report a full disk only here.
  const int closed = system_->Close(std::exchange(fd_, -1));
  return closed == 0 ? OkStatus() : ErrnoError(errno, path_, "closed");
}

Status DurableFile::Commit() {
  if (system_->Sync(fd_) != 0) return ErrnoError(errno, path_, "synced to disk");
  RETURN_IF_ERROR(CloseFile());
  RETURN_IF_ERROR(RenameInto(temporary_, path_, existing_, *system_));
  temporary_.clear();
  return SyncFolder(ParentOf(path_), *system_);
}

Status WriteDurably(const std::string& path, std::string_view content,
                    DurableFile::Existing existing, FileSystem& system) {
  ASSIGN_OR_RETURN(DurableFile file, DurableFile::Create(path, existing, system));
  RETURN_IF_ERROR(file.Append(content));
  return file.Commit();
}

StagingFolder::StagingFolder(StagingFolder&& other) noexcept
    : path_(std::move(other.path_)),
      temporary_(std::exchange(other.temporary_, "")),
      system_(other.system_) {}

StagingFolder::~StagingFolder() {
  if (temporary_.empty()) return;
  std::error_code ignored;  // it was not committed: nobody takes it for the real one
  std::filesystem::remove_all(temporary_, ignored);
}

StatusOr<StagingFolder> StagingFolder::Create(std::string path, FileSystem& system) {
  path = WithoutTrailingSlash(std::move(path));
  std::string temporary = TemporaryFor(path);
  if (system.MakeFolder(temporary, 0755) != 0) return ErrnoError(errno, path, "created");
  return StagingFolder(std::move(path), std::move(temporary), system);
}

StatusOr<DurableFile> StagingFolder::CreateFile(std::string_view name) {
  RETURN_IF_ERROR(CheckRelativeName(name));
  for (size_t slash = name.find('/'); slash != name.npos; slash = name.find('/', slash + 1)) {
    const std::string folder = fmt::format("{}/{}", temporary_, name.substr(0, slash));
    if (system_->MakeFolder(folder, 0755) == 0) {
      RETURN_IF_ERROR(SyncFolder(ParentOf(folder), *system_));
    } else if (errno != EEXIST) {
      return ErrnoError(errno, name, "created");
    }
  }
  return DurableFile::Create(fmt::format("{}/{}", temporary_, name), DurableFile::Existing::kRefuse,
                             *system_);
}

Status StagingFolder::Commit() {
  RETURN_IF_ERROR(SyncFolder(temporary_, *system_));
  RETURN_IF_ERROR(RenameInto(temporary_, path_, DurableFile::Existing::kRefuse, *system_));
  temporary_.clear();
  return SyncFolder(ParentOf(path_), *system_);
}

}  // namespace slipway::io
