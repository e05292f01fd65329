#pragma once
// Opening files beneath a folder, and nowhere else, whatever names and links say.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "io/file.h"

namespace slipway::io {

/// A file's name inside a model, bundle or archive: relative, "/" between segments, UTF-8, no
/// empty, "." or ".." segment, no "\", no control characters; a segment at most 255 bytes, all at
/// most 1,024 bytes and 16 segments. The error names the rule; its reason is kBadModel.
Status CheckRelativeName(std::string_view name);

/// An open folder. What it opens lies beneath it: the kernel resolves the name (openat2 with
/// RESOLVE_BENEATH), so no change of links in between can lead out. Links are followed as long as
/// they end beneath the folder, absolute ones too; Kubernetes volumes are made of links.
///
/// Errors: kNotFound; kBadModel for a name or link that leads out, a ring of links, a file of
/// another kind; kIo else, also when the kernel has no openat2 (Linux before 5.6, or a container's
/// system-call filter). Threads: const methods from any thread.
class Folder {
 public:
  /// Follows links.
  static StatusOr<Folder> Open(const std::string& path);
  /// Follows none: `path` was resolved before, and where it led then it must lead now. kBadModel
  /// when a link has taken the place of a folder since.
  static StatusOr<Folder> OpenResolved(const std::string& path);

  const std::string& path() const { return path_; }

  /// A regular file. Never blocks. `name` may hold ".." and links as long as the result lies
  /// beneath; names that come out of a model are to pass CheckRelativeName before.
  StatusOr<File> OpenFile(std::string_view name) const;
  StatusOr<Folder> OpenFolder(std::string_view name) const;

  /// Facts of `name` with links followed; nullopt when it does not exist or leads nowhere.
  StatusOr<std::optional<FileFacts>> Stat(std::string_view name) const;

  /// Of the folder itself.
  StatusOr<FileFacts> Facts() const { return FactsOf(fd_.get(), path_); }

  /// All names but "." and "..", sorted by bytes. kTooLarge above `max_entries`.
  StatusOr<std::vector<std::string>> List(size_t max_entries) const;

 private:
  Folder(FileDescriptor fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}
  StatusOr<FileDescriptor> OpenBeneath(std::string_view name, int flags) const;

  FileDescriptor fd_;
  std::string path_;
};

}  // namespace slipway::io
