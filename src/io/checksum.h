#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

namespace slipway::io {

/// 64 bits that differ when accident changed the bytes: any change within eight bytes is noticed
/// for certain, others but for one in 2^64. Against intent there is SHA-256; this takes a tenth of
/// its time. Not a format: values are for the machine and the release that made them.
uint64_t Checksum(std::span<const std::byte> bytes);

}  // namespace slipway::io
