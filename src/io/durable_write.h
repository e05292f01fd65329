#pragma once
// Writing that either happened, and then survives a power cut, or did not: temporary name, fsync,
// rename, fsync of the folder. A failed fsync is an error and is never tried again, because the
// kernel forgets after telling once.

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "base/status.h"
#include "io/file_system.h"

namespace slipway::io {

/// A new file beside its final place. Gone with the object unless committed.
/// Errors: kDiskFull; kAlreadyExists; kIo. After an error only destruction is allowed.
class DurableFile {
 public:
  enum class Existing { kReplace, kRefuse };

  static StatusOr<DurableFile> Create(std::string path, Existing existing = Existing::kReplace,
                                      FileSystem& system = FileSystem::Real());
  DurableFile(DurableFile&& other) noexcept;
  DurableFile& operator=(DurableFile&&) = delete;
  ~DurableFile();

  Status Append(std::span<const std::byte> bytes);
  Status Append(std::string_view text) { return Append(std::as_bytes(std::span(text))); }

  /// On success the file is at its path, whole and on disk.
  Status Commit();

 private:
  DurableFile(std::string path, std::string temporary, int fd, Existing existing,
              FileSystem& system);
  Status CloseFile();

  std::string path_;
  std::string temporary_;  // "" when there is nothing to remove
  int fd_;
  Existing existing_;
  FileSystem* system_;
};

/// One file, whole. Mode 0644 less the umask.
Status WriteDurably(const std::string& path, std::string_view content,
                    DurableFile::Existing existing = DurableFile::Existing::kReplace,
                    FileSystem& system = FileSystem::Real());

/// A new folder beside its final place, to be filled and then renamed. Gone with all
/// its content when the object dies uncommitted.
class StagingFolder {
 public:
  /// @param path  the final place; must not exist when Commit is called.
  static StatusOr<StagingFolder> Create(std::string path, FileSystem& system = FileSystem::Real());
  StagingFolder(StagingFolder&& other) noexcept;
  StagingFolder& operator=(StagingFolder&&) = delete;
  ~StagingFolder();

  /// A file in it, with the folders it needs. `name` must pass CheckRelativeName.
  StatusOr<DurableFile> CreateFile(std::string_view name);

  /// @return kAlreadyExists when something is at the path; kDiskFull; kIo.
  Status Commit();

 private:
  StagingFolder(std::string path, std::string temporary, FileSystem& system)
      : path_(std::move(path)), temporary_(std::move(temporary)), system_(&system) {}

  std::string path_;
  std::string temporary_;  // "" when there is nothing to remove
  FileSystem* system_;
};

}  // namespace slipway::io
