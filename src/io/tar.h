#pragma once
// Tar archives. Reading trusts nothing: names, kinds, counts and sizes are checked before a byte of
// content is read, and content goes to memory, never to a path that an archive names. docs/adr/0007
// says why the format is read here and not by a library.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/status.h"
#include "io/durable_write.h"
#include "io/file.h"

namespace slipway::io {

struct TarLimits {
  size_t max_entries = 20'000;  // headers that only carry a long name count too
  uint64_t max_total_bytes = uint64_t{16} << 30;
  uint64_t max_ratio = 100;  // content to archive
};

/// True when `start`, the first 512 bytes of a file (or all of a shorter one), looks like a tar or
/// a gzip stream.
bool LooksLikeTar(std::string_view start);

/// Reads regular files out of a tar (ustar, pax, GNU), plain or gzip-compressed, front to back.
/// Entries for folders are skipped, a leading "./" dropped. Errors: kBadModel naming entry and
/// rule, for a name CheckRelativeName refuses, links, devices, FIFOs, sparse files, a name that
/// occurs twice or is also a folder of another, what breaks a limit, and damage. kIo. After an
/// error the reader is done.
class TarReader {
 public:
  /// Keeps `file`; reads it from its start.
  static StatusOr<TarReader> Open(File file, const TarLimits& limits = {});
  TarReader(TarReader&&) noexcept;
  TarReader& operator=(TarReader&&) noexcept;
  ~TarReader();

  struct Entry {
    std::string name;
    uint64_t size_bytes = 0;
  };
  /// The next regular file; nullopt at the end.
  StatusOr<std::optional<Entry>> Next();

  /// Content of the entry that Next returned last; once.
  StatusOr<Bytes> ReadContent(Sha256* digest = nullptr);

 private:
  struct State;
  explicit TarReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Writes a tar whose bytes depend on names and contents only: ustar, with a pax header where a
/// name or a size needs one; mode 0644, owner 0, time 0. The caller adds entries sorted by the
/// bytes of their names.
class TarWriter {
 public:
  /// `out` must outlive the writer; it is not committed by it.
  explicit TarWriter(DurableFile& out) : out_(&out) {}

  Status BeginEntry(std::string_view name, uint64_t size_bytes);
  /// Content of the entry begun, in pieces that add up to its size.
  Status Append(std::span<const std::byte> bytes);
  /// The archive's end. No entries after it.
  Status Finish();

 private:
  Status CheckComplete() const;
  Status PadToBlock(uint64_t size_bytes);

  DurableFile* out_;
  uint64_t entry_bytes_ = 0;    // of the entry begun
  uint64_t missing_bytes_ = 0;  // of it, not appended yet
};

}  // namespace slipway::io
