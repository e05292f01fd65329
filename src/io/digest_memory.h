#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "base/status.h"
#include "io/file.h"

namespace slipway::io {

/// The content of a file, and its SHA-256 in hex.
struct DigestedBytes {
  Bytes bytes;
  std::string sha256;
};

/// Remembers the SHA-256 of files in a file of its own (docs/adr/0080). A file that the file system
/// says did not change, and whose bytes have the checksum they had, is not hashed again. A
/// memory that is lost, damaged or not to be written costs time only. Threads: any.
class DigestMemory {
 public:
  static constexpr uint64_t kLeastBytes = uint64_t{256} << 10;  // hashing less costs no time
  static constexpr size_t kMostFiles = 1'024;
  /// A file that changed later than so before it was read may change again within the same tick of
  /// the file system's clock: it is hashed the next time too.
  static constexpr int64_t kSettledNs = 2'000'000'000;

  using NowNs = std::function<int64_t()>;  // since 1970, as files' times

  /// @param path  where to remember; its folder is made when missing.
  explicit DigestMemory(std::string path, NowNs now = nullptr);

  /// @return as File::ReadAll.
  StatusOr<DigestedBytes> Read(const File& file, uint64_t max_bytes);

  /// Writes what is new, durably; nothing when nothing is. Of more than kMostFiles the ones go that
  /// were not read for longest. @return kDiskFull, kIo.
  Status Save();

 private:
  struct Known {
    FileFacts facts;
    uint64_t checksum = 0;
    std::string sha256;
  };
  using Key = std::pair<uint64_t, uint64_t>;  // device, inode
  struct Entry {
    Known known;
    uint64_t last_use = 0;
  };

  std::optional<Known> Find(const FileFacts& facts);
  void Add(Known known);
  void Put(Known known) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Load() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  static std::optional<Known> Parse(std::string_view line);
  static std::string Render(const Known& known);
  std::vector<const Entry*> ByUse() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string path_;
  const NowNs now_;
  Mutex mutex_;
  bool loaded_ ABSL_GUARDED_BY(mutex_) = false;
  bool changed_ ABSL_GUARDED_BY(mutex_) = false;
  uint64_t uses_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<Key, Entry> entries_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace slipway::io
