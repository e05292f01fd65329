#include "shm/region.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/log.h"
#include "base/utf8.h"
#include "io/errno_error.h"

namespace slipway::shm {
namespace {

constexpr size_t kMaxNameBytes = 255;
constexpr std::string_view kSemaphorePrefix = "sem.";  // sem_open has its own in the same folder

Status CheckText(std::string_view what, std::string_view text) {
  const bool plain =
      std::ranges::all_of(text, [](unsigned char c) { return c >= 0x20 && c != 0x7f; });
  if (!text.empty() && text.size() <= kMaxNameBytes && plain && IsValidUtf8(text))
    return OkStatus();
  return Error(Reason::kBadRequest,
               "{}: expected 1 to {} bytes of UTF-8 without control characters, got {} bytes", what,
               kMaxNameBytes, text.size());
}

/// The object's name within the folder: `key` without the slashes before it, as shm_open has it.
StatusOr<std::string> ObjectName(std::string_view key, const Rules& rules) {
  const std::string_view name = key.substr(std::min(key.find_first_not_of('/'), key.size()));
  RETURN_IF_ERROR(CheckText("key", name));
  if (name.find('/') != std::string_view::npos || name == "." || name == "..")
    return Error(Reason::kBadRequest,
                 "key \"{}\": expected a name such as \"/input\", with no other slash", key);
  if (!name.starts_with(rules.prefix))
    return Error(Reason::kForbidden, "key \"{}\": expected a name that begins with \"{}\"", key,
                 rules.prefix);
  if (name.starts_with(kSemaphorePrefix))
    return Error(Reason::kForbidden, "key \"{}\": names that begin with \"{}\" are semaphores", key,
                 kSemaphorePrefix);
  return std::string(name);
}

bool IsOurGroup(gid_t group) {
  if (group == ::getegid()) return true;
  std::vector<gid_t> groups(static_cast<size_t>(std::max(::getgroups(0, nullptr), 0)));
  const int count = ::getgroups(static_cast<int>(groups.size()), groups.data());
  groups.resize(static_cast<size_t>(std::max(count, 0)));
  return std::ranges::find(groups, group) != groups.end();
}

/// Whether the kernel would let this user read and write it without any privilege.
bool IsOpenToUs(const struct stat& object) {
  const mode_t wanted = object.st_uid == ::geteuid() ? S_IRUSR | S_IWUSR
                        : IsOurGroup(object.st_gid)  ? S_IRGRP | S_IWGRP
                                                     : S_IROTH | S_IWOTH;
  return (object.st_mode & wanted) == wanted;
}

/// @param object  receives the facts of what was opened.
StatusOr<io::FileDescriptor> OpenObject(const std::string& path, struct stat& object) {
  // O_NONBLOCK: neither a FIFO nor a lease that somebody holds on the object makes us wait.
  io::FileDescriptor fd(
      ::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY));
  if (!fd.valid()) return io::ErrnoError(errno, path, "opened");
  if (::fstat(fd.get(), &object) != 0) return io::ErrnoError(errno, path, "examined");
  if (!S_ISREG(object.st_mode))
    return Error(Reason::kBadRequest, "\"{}\": expected a regular file", path);
  if (!IsOpenToUs(object))
    return Error(Reason::kForbidden, "\"{}\": belongs to user {}, mode {:o}", path, object.st_uid,
                 object.st_mode & 07777);
  return fd;
}

/// Whether `byte_size` bytes from `offset` lie within `whole` bytes.
bool Fits(uint64_t offset, uint64_t byte_size, uint64_t whole) {
  return offset <= whole && byte_size <= whole - offset;
}

}  // namespace

StatusOr<std::shared_ptr<const Region>> Region::Open(RegionSpec spec, const Rules& rules) {
  RETURN_IF_ERROR(CheckText("region name", spec.name));
  ASSIGN_OR_RETURN(const std::string object_name, ObjectName(spec.key, rules));
  if (spec.byte_size == 0) return Error(Reason::kBadRequest, "byte_size: expected from 1, got 0");
  struct stat object = {};
  auto fd = OpenObject(rules.folder + "/" + object_name, object);
  if (!fd.ok()) {
    log::Debug("shared memory refused", {{"region", spec.name}, {"error", MessageOf(fd.status())}});
    return Error(Reason::kNotFound,
                 "key \"{}\": no shared memory object that the server's user may read and write",
                 spec.key);
  }
  if (!Fits(spec.offset, spec.byte_size, static_cast<uint64_t>(object.st_size)))
    return Error(Reason::kBadRequest,
                 "key \"{}\": expected offset and byte_size within its {} bytes, got {} and {}",
                 spec.key, object.st_size, spec.offset, spec.byte_size);
  return std::shared_ptr<const Region>(new Region(std::move(spec), *std::move(fd)));
}

StatusOr<Window> Window::Of(std::shared_ptr<const Region> region, uint64_t offset,
                            uint64_t byte_size) {
  const RegionSpec& whole = region->spec();
  if (!Fits(offset, byte_size, whole.byte_size))
    return Error(Reason::kBadRequest,
                 "shared memory region \"{}\": expected offset and size within its {} bytes, got "
                 "{} and {}",
                 whole.name, whole.byte_size, offset, byte_size);
  const uint64_t start = whole.offset + offset;
  return Window(std::move(region), start, static_cast<size_t>(byte_size));
}

Status Window::Read(std::span<std::byte> out) const {
  SLIPWAY_CHECK(out.size() == size_, "who reads a window has room for it");
  while (!out.empty()) {
    const uint64_t at = start_ + (size_ - out.size());
    const ssize_t got = ::pread(region_->fd_.get(), out.data(), out.size(), static_cast<off_t>(at));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return io::ErrnoError(errno, region_->spec().name, "read");
    if (got == 0) return CutShort();
    out = out.subspan(static_cast<size_t>(got));
  }
  return OkStatus();
}

Status Window::Write(std::span<const std::byte> bytes) const {
  if (bytes.size() > size_)
    return Error(Reason::kBadRequest,
                 "shared memory region \"{}\": {} bytes do not fit into the {} that are for them",
                 region_->spec().name, bytes.size(), size_);
  struct stat object = {};
  if (::fstat(region_->fd_.get(), &object) != 0)
    return io::ErrnoError(errno, region_->spec().name, "examined");
  // Else writing would make the object longer again, at our expense.
  if (!Fits(start_, bytes.size(), static_cast<uint64_t>(object.st_size))) return CutShort();
  for (uint64_t at = start_; !bytes.empty();) {
    const ssize_t written =
        ::pwrite(region_->fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(at));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return io::ErrnoError(errno, region_->spec().name, "written");
    at += static_cast<uint64_t>(written);
    bytes = bytes.subspan(static_cast<size_t>(written));
  }
  return OkStatus();
}

Status Window::CutShort() const {
  return Error(Reason::kBadRequest,
               "shared memory region \"{}\": its object has become shorter than {} bytes",
               region_->spec().name, start_ + size_);
}

}  // namespace slipway::shm
