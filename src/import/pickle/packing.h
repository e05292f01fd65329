#pragma once
// The compressions that joblib writes, each recognised by its first bytes, and that of zip
// archives.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace slipway::pickle {

enum class Packing : uint8_t { kNone, kZlib, kGzip, kBz2, kXz, kLzma, kLz4, kDeflate };

/// "zlib", "gzip", "bz2", "xz", "lzma", "lz4", "deflate"; "" for kNone.
std::string_view PackingName(Packing packing);

/// By the first bytes; never kDeflate, which is a stream without any.
Packing RecognisePacking(std::span<const std::byte> bytes);

struct UnpackLimits {
  size_t max_bytes = size_t{4} << 30;
  /// Bytes out of one byte in, asked of what unpacks to more than `harmless_bytes`: a bomb is small
  /// and becomes large; coefficients that are all zero pack as well and stay small.
  size_t max_ratio = 100;
  size_t harmless_bytes = size_t{64} << 20;
};

/// @param packing  not kNone.
/// @return kBadModel when `packed` is damaged, cut, or goes on behind the packed stream; kTooLarge
///   over a limit.
/// Cost: memory grows with what comes out, never with what a header claims.
StatusOr<std::vector<std::byte>> Unpack(Packing packing, std::span<const std::byte> packed,
                                        const UnpackLimits& limits = {});

}  // namespace slipway::pickle
