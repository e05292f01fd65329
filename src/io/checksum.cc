#include "io/checksum.h"

#include <array>
#include <bit>
#include <cstring>

namespace slipway::io {
namespace {

constexpr uint64_t kOdd = 0x9E3779B97F4A7C15;  // 2^64 divided by the golden ratio

// Can be undone for a known word, so two states that differ stay different.
uint64_t Mix(uint64_t state, uint64_t word) { return std::rotl((state ^ word) * kOdd, 29); }

}  // namespace

uint64_t Checksum(std::span<const std::byte> bytes) {
  // Each word waits for a multiplication: eight at a time keep the multiplier busy.
  std::array<uint64_t, 8> lanes{1, 2, 3, 4, 5, 6, 7, 8};
  std::array<uint64_t, 8> words;
  uint64_t sum = bytes.size();
  for (; bytes.size() >= sizeof(words); bytes = bytes.subspan(sizeof(words))) {
    std::memcpy(words.data(), bytes.data(), sizeof(words));
    for (size_t i = 0; i < lanes.size(); ++i) lanes[i] = Mix(lanes[i], words[i]);
  }
  words.fill(0);
  if (!bytes.empty()) std::memcpy(words.data(), bytes.data(), bytes.size());
  for (size_t i = 0; i < lanes.size(); ++i) sum = Mix(sum, Mix(lanes[i], words[i]));
  return sum ^ sum >> 32;
}

}  // namespace slipway::io
