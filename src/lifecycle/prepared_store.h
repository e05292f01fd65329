#pragma once
#include <optional>
#include <string>

#include "base/status.h"
#include "lifecycle/processor.h"
#include "tensor/tensor.h"

namespace slipway::lifecycle {

/// Keeps models in the form that their engine loads quickest (LoadOptions::prepared), by digest,
/// for this runtime on this processor: a file each in the data folder
/// (docs/formats/data-folder.md). Losing them costs time only. Threads: any; a folder may be
/// shared.
class PreparedStore {
 public:
  struct Limits {
    uint64_t model_bytes = uint64_t{64} << 20;   // of one form
    uint64_t total_bytes = uint64_t{512} << 20;  // of all; the least recently used go first
    size_t files = 4'096;
    double free_share = 0.1;  // of the file system, that a write leaves
  };

  /// @param folder     made when missing.
  /// @param runtime    name and version of what loads models.
  /// @param processor  the kind of processor that runs them.
  PreparedStore(std::string folder, std::string runtime, Limits limits,
                const std::string& processor = ProcessorText());
  PreparedStore(std::string folder, std::string runtime)
      : PreparedStore(std::move(folder), std::move(runtime), Limits()) {}

  const Limits& limits() const { return limits_; }

  /// nullopt when nothing is known of the digest; empty when its form is not wanted. A damaged file
  /// counts as none.
  std::optional<Buffer> Find(const std::string& digest) const;
  /// No form of this digest is wanted. @return kIo, kDiskFull.
  Status Refuse(const std::string& digest) const;
  /// @return kTooLarge over the limits; kDiskFull when too little would stay free; kIo.
  Status Put(const std::string& digest, const Buffer& form) const;
  void Forget(const std::string& digest) const;

 private:
  std::string PathOf(const std::string& digest) const;
  Status Write(const std::string& digest, std::span<const std::byte> form) const;
  Status CheckSpace(uint64_t bytes) const;
  void MakeRoom(uint64_t bytes) const;

  const std::string folder_;
  const std::string runtime_;
  const Limits limits_;
};

}  // namespace slipway::lifecycle
