#pragma once
// A part of a POSIX shared memory object that a client has created and lends to the server.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/status.h"
#include "io/file.h"

namespace slipway::shm {

/// A region as its client describes it.
struct RegionSpec {
  std::string name;        // 1 to 255 bytes of UTF-8 without control characters
  std::string key;         // the object's name, as shm_open takes it
  uint64_t offset = 0;     // of the region within the object
  uint64_t byte_size = 0;  // from 1
};

/// Which objects may be lent.
struct Rules {
  std::string folder = "/dev/shm";  // where shm_open has its objects
  std::string prefix;               // keys begin with it, the slash before them apart
};

/// An open region. Nothing of it is mapped: bytes are copied by the kernel, so an object that its
/// owner cuts short while it is copied gives an error and not SIGBUS.
/// Threads: const methods from any thread.
class Region {
 public:
  /// Opens the object, which has to be there.
  ///
  /// The key is one name beneath `rules.folder`, with the slashes before it ignored; links are not
  /// followed. The object is a regular file that its owner, group or mode opens to the server's
  /// user for reading and writing: a server that runs as root does not lend that right to clients.
  /// @return kBadRequest naming what of `spec` is wrong; kForbidden for a key that the prefix or a
  ///   semaphore's name rules out; kNotFound for every object that cannot be had, with one message,
  ///   so that clients learn nothing of objects that are not theirs (the log has the detail).
  static StatusOr<std::shared_ptr<const Region>> Open(RegionSpec spec, const Rules& rules);

  const RegionSpec& spec() const { return spec_; }

 private:
  friend class Window;
  Region(RegionSpec spec, io::FileDescriptor fd) : spec_(std::move(spec)), fd_(std::move(fd)) {}

  const RegionSpec spec_;
  const io::FileDescriptor fd_;
};

/// Some bytes of a region, which it keeps open. Only what lies within the region can be one.
/// Threads: const methods from any thread.
class Window {
 public:
  /// @return kBadRequest unless `byte_size` bytes from `offset` lie within the region.
  static StatusOr<Window> Of(std::shared_ptr<const Region> region, uint64_t offset,
                             uint64_t byte_size);

  size_t size() const { return size_; }

  /// Copies all of it to `out`, which has the same size.
  /// @return kBadRequest when the object has become shorter; kIo. `out` is then unspecified.
  Status Read(std::span<std::byte> out) const;

  /// Copies `bytes` to its start.
  /// @return kBadRequest when there are more than size(), or the object has become shorter;
  ///   kDiskFull when there is no memory for them; kIo. The window may then hold some of them.
  Status Write(std::span<const std::byte> bytes) const;

 private:
  Window(std::shared_ptr<const Region> region, uint64_t start, size_t size)
      : region_(std::move(region)), start_(start), size_(size) {}
  Status CutShort() const;

  std::shared_ptr<const Region> region_;
  uint64_t start_ = 0;  // within the object
  size_t size_ = 0;
};

}  // namespace slipway::shm
