#pragma once
// Zip archives as Python's zipfile writes them: members stored or deflated, no encryption.
// Source: PKWARE's APPNOTE 6.3.9, sections 4.3.7, 4.3.12, 4.3.16

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "base/string_map.h"
#include "import/pickle/node.h"

namespace slipway::skops {

/// The members of an archive in memory. Names are keys and nothing else: no path is ever opened.
/// Threads: one at a time.
class Zip {
 public:
  /// @param bytes  must outlive the archive.
  /// @return kBadModel naming the member and what is wrong with its entry, also for a name that is
  ///   there twice, is absolute or has ".."; kUnsupported for encryption, other compressions,
  ///   several volumes and zip64; kTooLarge for more than 20,000 members.
  static StatusOr<Zip> Open(std::span<const std::byte> bytes);

  /// In the order of the directory.
  const std::vector<std::string_view>& names() const { return names_; }
  bool Has(std::string_view name) const { return entries_.contains(name); }
  /// Unpacked, as the directory says. kBadModel for a member that is missing.
  StatusOr<uint64_t> SizeOf(std::string_view name) const;

  /// The bytes of a member, whose checksum is compared: in those of the archive where it is stored,
  /// else unpacked. Valid while the archive and its bytes live. What every member holds is charged
  /// to `heap`, once, before it is unpacked.
  /// @return kBadModel for a member that is missing or damaged; kTooLarge over the budget.
  StatusOr<std::span<const std::byte>> Read(std::string_view name, pickle::Heap& heap);

 private:
  struct Entry {
    uint16_t method = 0;
    uint32_t checksum = 0;
    size_t unpacked_bytes = 0;
    std::span<const std::byte> packed;
    std::span<const std::byte> read;  // once it was
    bool is_read = false;
  };

  explicit Zip(std::span<const std::byte> bytes) : bytes_(bytes) {}
  /// Takes one entry of the directory from `at`; moves it past the entry.
  Status AddEntry(size_t& at);
  Status Unpack(std::string_view name, Entry& entry);

  std::span<const std::byte> bytes_;
  std::vector<std::string_view> names_;
  StringMap<Entry> entries_;
  std::deque<std::vector<std::byte>> unpacked_;
};

}  // namespace slipway::skops
