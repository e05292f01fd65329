#include "terms/murmur_hash.h"

#include <bit>
#include <cstddef>

namespace slipway::terms {
namespace {

uint32_t Mixed(uint32_t k) { return std::rotl(k * 0xCC9E2D51U, 15) * 0x1B873593U; }

/// Up to four bytes, little-endian.
uint32_t Word(std::string_view bytes) {
  uint32_t word = 0;
  for (size_t i = 0; i < bytes.size(); ++i)
    word |= uint32_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
  return word;
}

}  // namespace

int32_t MurmurHash(std::string_view bytes) {
  uint32_t h = 0;
  size_t at = 0;
  for (; at + 4 <= bytes.size(); at += 4)
    h = std::rotl(h ^ Mixed(Word(bytes.substr(at, 4))), 13) * 5 + 0xE6546B64U;
  h ^= Mixed(Word(bytes.substr(at)));
  h ^= static_cast<uint32_t>(bytes.size());
  h = (h ^ (h >> 16)) * 0x85EBCA6BU;
  h = (h ^ (h >> 13)) * 0xC2B2AE35U;
  return static_cast<int32_t>(h ^ (h >> 16));
}

}  // namespace slipway::terms
