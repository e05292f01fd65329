#include "io/beneath.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <memory>

#include "base/utf8.h"
#include "io/errno_error.h"

namespace slipway::io {
namespace {

constexpr size_t kMaxNameBytes = 1024;
constexpr size_t kMaxSegmentBytes = 255;
constexpr int kMaxSegments = 16;
constexpr int kReadFlags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;

// EAGAIN means that a rename elsewhere raced with "..": the kernel could not be sure, and asks for
// another try.
constexpr int kMaxTries = 100;

constexpr uint64_t kBeneath = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;

int OpenAt2(int folder, const char* name, int flags, uint64_t resolve) {
  open_how how = {};
  how.flags = static_cast<uint64_t>(flags);
  how.resolve = resolve;
  for (int tries = 0;; ++tries) {
    const long fd = ::syscall(SYS_openat2, folder, name, &how, sizeof how);
    if (fd >= 0 || (errno != EAGAIN && errno != EINTR) || tries == kMaxTries) {
      return static_cast<int>(fd);
    }
  }
}

Status OpenAt2Error(int error, std::string_view name) {
  if (error == ENOSYS || error == EPERM) {
    return Error(
        Reason::kIo,
        "\"{}\": cannot be opened safely: this kernel, or the container's system-call filter, "
        "has no openat2; Linux 5.6 or newer is needed",
        name);
  }
  return ErrnoError(error, name, "opened");
}

struct FreeC {
  void operator()(char* text) const { std::free(text); }
};

// RESOLVE_BENEATH refuses every absolute link. Where such a link ends beneath the folder, this is
// its relative spelling; the kernel still has the last word on it.
std::optional<std::string> SpelledBeneath(const std::string& folder, std::string_view name) {
  const std::unique_ptr<char, FreeC> base(::realpath(folder.c_str(), nullptr));
  const std::unique_ptr<char, FreeC> target(
      ::realpath((folder + "/" + std::string(name)).c_str(), nullptr));
  if (!base || !target) return std::nullopt;
  std::string prefix(base.get());
  if (prefix.back() != '/') prefix += '/';
  const std::string_view resolved(target.get());
  if (!resolved.starts_with(prefix)) return std::nullopt;
  return std::string(resolved.substr(prefix.size()));
}

}  // namespace

Status CheckRelativeName(std::string_view name) {
  const auto refuse = [name](std::string_view rule) {
    return Error(Reason::kBadModel, "file name \"{}\": {}", name.substr(0, 200), rule);
  };
  // Before anything else, so that the message itself is clean.
  const auto control = [](unsigned char c) { return c < 0x20 || c == 0x7f; };
  if (!IsValidUtf8(name) || std::any_of(name.begin(), name.end(), control)) {
    return Error(Reason::kBadModel, "a file name is not UTF-8 or holds control characters");
  }
  if (name.empty()) return refuse("is empty");
  if (name.size() > kMaxNameBytes) return refuse("is longer than 1024 bytes");
  if (name.front() == '/') return refuse("is absolute");
  if (name.find('\\') != name.npos) return refuse("holds a backslash");
  int segments = 0;
  for (size_t at = 0; at <= name.size();) {
    const size_t end = std::min(name.find('/', at), name.size());
    const std::string_view segment = name.substr(at, end - at);
    if (segment == "..") return refuse("\"..\" is not allowed");
    if (segment.empty() || segment == ".") return refuse("has an empty or \".\" segment");
    if (segment.size() > kMaxSegmentBytes) return refuse("has a segment longer than 255 bytes");
    if (++segments > kMaxSegments) return refuse("has more than 16 segments");
    at = end + 1;
  }
  return OkStatus();
}

StatusOr<Folder> Folder::Open(const std::string& path) {
  FileDescriptor fd(::open(path.c_str(), kReadFlags | O_DIRECTORY));
  if (!fd.valid()) return ErrnoError(errno, path, "opened as a folder");
  return Folder(std::move(fd), path);
}

StatusOr<Folder> Folder::OpenResolved(const std::string& path) {
  FileDescriptor fd(OpenAt2(AT_FDCWD, path.c_str(), kReadFlags | O_DIRECTORY, RESOLVE_NO_SYMLINKS));
  if (fd.valid()) return Folder(std::move(fd), path);
  if (errno != ELOOP) return OpenAt2Error(errno, path);
  return Error(Reason::kBadModel,
               "\"{}\": cannot be opened: it has become a link, or lies behind one", path);
}

StatusOr<FileDescriptor> Folder::OpenBeneath(std::string_view name, int flags) const {
  const std::string text(name);
  if (text.find('\0') != text.npos) {
    return Error(Reason::kBadModel, "a file name holds a NUL byte");
  }
  FileDescriptor fd(OpenAt2(fd_.get(), text.c_str(), flags, kBeneath));
  if (!fd.valid() && errno == EXDEV) {
    const auto spelled = SpelledBeneath(path_, name);
    errno = EXDEV;
    if (spelled) fd = FileDescriptor(OpenAt2(fd_.get(), spelled->c_str(), flags, kBeneath));
  }
  if (fd.valid()) return fd;
  return OpenAt2Error(errno, name);
}

StatusOr<File> Folder::OpenFile(std::string_view name) const {
  ASSIGN_OR_RETURN(FileDescriptor fd, OpenBeneath(name, kReadFlags));
  return File::FromDescriptor(std::move(fd), std::string(name));
}

StatusOr<Folder> Folder::OpenFolder(std::string_view name) const {
  ASSIGN_OR_RETURN(FileDescriptor fd, OpenBeneath(name, kReadFlags | O_DIRECTORY));
  return Folder(std::move(fd), path_ + "/" + std::string(name));
}

StatusOr<std::optional<FileFacts>> Folder::Stat(std::string_view name) const {
  auto fd = OpenBeneath(name, O_PATH | O_CLOEXEC);
  if (!fd.ok()) {
    if (ReasonOf(fd.status()) == Reason::kNotFound) return std::optional<FileFacts>();
    return fd.status();
  }
  ASSIGN_OR_RETURN(const FileFacts facts, FactsOf(fd->get(), name));
  return std::optional(facts);
}

StatusOr<std::vector<std::string>> Folder::List(size_t max_entries) const {
  // A descriptor of its own, because reading moves the offset that duplicates share.
  FileDescriptor fd(::openat(fd_.get(), ".", kReadFlags | O_DIRECTORY));
  if (!fd.valid()) return ErrnoError(errno, path_, "listed");
  struct CloseFolder {
    void operator()(DIR* folder) const { ::closedir(folder); }
  };
  const std::unique_ptr<DIR, CloseFolder> folder(::fdopendir(fd.get()));
  if (!folder) return ErrnoError(errno, path_, "listed");
  fd.Release();

  std::vector<std::string> names;
  errno = 0;
  while (const dirent* entry = ::readdir(folder.get())) {
    const std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    if (names.size() == max_entries) {
      return Error(Reason::kTooLarge, "\"{}\": expected at most {} entries", path_, max_entries);
    }
    names.emplace_back(name);
    errno = 0;
  }
  if (errno != 0) return ErrnoError(errno, path_, "listed");
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace slipway::io
