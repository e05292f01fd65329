#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "base/status.h"
#include "io/file.h"

namespace slipway::io {

/// Bytes in order, from a file or decompressed from one.
class ByteSource {
 public:
  virtual ~ByteSource() = default;

  /// Fills `out`; less only at the end. kBadModel for damaged compression, kIo.
  virtual StatusOr<size_t> Read(std::span<std::byte> out) = 0;
};

enum class Compression : uint8_t { kNone, kGzip, kZstd };

/// What the file's first bytes say.
StatusOr<Compression> CompressionOf(const File& file);

/// The file's bytes, decompressed when they begin like gzip (also several members in a row) or zstd
/// (also several frames).
/// @param digest  optional; gets the bytes as they lie in the file, all of them once the end was
///   read. Must outlive the source.
StatusOr<std::unique_ptr<ByteSource>> OpenSource(File file, Sha256* digest = nullptr);

}  // namespace slipway::io
