#include "terms/city_hash.h"

#include <bit>
#include <cstring>
#include <utility>

namespace slipway::terms {
namespace {

constexpr uint64_t kA = 0xC3A5C85C97CB3127, kB = 0xB492B66FBE98F273, kC = 0x9AE16A3B2F90404F,
                   kD = 0xC949D7C7509E6557;

/// Little-endian words of the text, by the place they begin at.
class Words {
 public:
  explicit Words(std::string_view bytes) : bytes_(bytes) {}
  uint64_t size() const { return bytes_.size(); }
  uint64_t At(size_t place) const { return Load<uint64_t>(place); }
  uint64_t FromEnd(size_t bytes) const { return At(bytes_.size() - bytes); }
  uint64_t ShortAt(size_t place) const { return Load<uint32_t>(place); }
  uint64_t Byte(size_t place) const { return static_cast<unsigned char>(bytes_[place]); }

 private:
  template <typename T>
  T Load(size_t place) const {
    T word;
    std::memcpy(&word, bytes_.data() + place, sizeof(word));
    static_assert(std::endian::native == std::endian::little);
    return word;
  }
  std::string_view bytes_;
};

uint64_t Folded(uint64_t x) { return x ^ (x >> 47); }

uint64_t Mixed(uint64_t u, uint64_t v) {
  constexpr uint64_t kFactor = 0x9DDFEA08EB382D69;
  const uint64_t a = Folded((u ^ v) * kFactor);
  return Folded((v ^ a) * kFactor) * kFactor;
}

/// At most 16 bytes.
uint64_t HashOfShort(const Words& text) {
  const uint64_t size = text.size();
  if (size > 8) {
    const uint64_t last = text.FromEnd(8);
    return Mixed(text.At(0), std::rotr(last + size, static_cast<int>(size))) ^ last;
  }
  if (size >= 4) return Mixed(size + (text.ShortAt(0) << 3), text.ShortAt(size - 4));
  if (size == 0) return kC;
  const uint64_t y = text.Byte(0) + (text.Byte(size / 2) << 8);
  const uint64_t z = size + (text.Byte(size - 1) << 2);
  return Folded((y * kC) ^ (z * kD)) * kC;
}

/// 17 to 32 bytes.
uint64_t HashOfTwo(const Words& text) {
  const uint64_t a = text.At(0) * kB, b = text.At(8), c = text.FromEnd(8) * kC,
                 d = text.FromEnd(16) * kA;
  return Mixed(std::rotr(a - b, 43) + std::rotr(c, 30) + d,
               a + std::rotr(b ^ kD, 20) - c + text.size());
}

using Pair = std::pair<uint64_t, uint64_t>;

/// What 32 bytes come to from `a` and `z`: half of the hash of 33 to 64 bytes.
Pair Half(const Words& text, size_t begin, uint64_t a, uint64_t z) {
  uint64_t b = std::rotr(a + z, 52);
  uint64_t c = std::rotr(a, 37);
  a += text.At(begin + 8);
  c += std::rotr(a, 7);
  a += text.At(begin + 16);
  return {a + z, b + std::rotr(a, 31) + c};
}

/// 33 to 64 bytes.
uint64_t HashOfFour(const Words& text) {
  const size_t end = text.size() - 32;
  const Pair v = Half(text, 0, text.At(0) + (text.size() + text.FromEnd(16)) * kA, text.At(24));
  const Pair w = Half(text, end, text.At(16) + text.At(end), text.FromEnd(8));
  const uint64_t r = Folded((v.first + w.second) * kC + (w.first + v.second) * kA);
  return Folded(r * kA + v.second) * kC;
}

/// 32 bytes with two seeds.
Pair Weak(const Words& text, size_t begin, uint64_t a, uint64_t b) {
  a += text.At(begin);
  b = std::rotr(b + a + text.At(begin + 24), 21);
  const uint64_t c = a;
  a += text.At(begin + 8) + text.At(begin + 16);
  return {a + text.At(begin + 24), b + std::rotr(a, 44) + c};
}

/// More than 64 bytes: the last 64 first, then every 64 from the beginning.
uint64_t HashOfLong(const Words& text) {
  const size_t size = text.size();
  uint64_t x = text.At(0), y = text.FromEnd(16) ^ kB, z = text.FromEnd(56) ^ kA;
  Pair v = Weak(text, size - 64, size, y);
  Pair w = Weak(text, size - 32, size * kB, kA);
  z += Folded(v.second) * kB;
  x = std::rotr(z + x, 39) * kB;
  y = std::rotr(y, 33) * kB;
  for (size_t at = 0; at < ((size - 1) & ~size_t{63}); at += 64) {
    x = std::rotr(x + y + v.first + text.At(at + 16), 37) * kB ^ w.second;
    y = std::rotr(y + v.second + text.At(at + 48), 42) * kB ^ v.first;
    z = std::rotr(z ^ w.first, 33);
    v = Weak(text, at, v.second * kB, x + w.first);
    w = Weak(text, at + 32, z + w.second, y);
    std::swap(z, x);
  }
  return Mixed(Mixed(v.first, w.first) + Folded(y) * kB + z, Mixed(v.second, w.second) + x);
}

}  // namespace

uint64_t CityHash(std::string_view bytes) {
  const Words text(bytes);
  if (bytes.size() <= 16) return HashOfShort(text);
  if (bytes.size() <= 32) return HashOfTwo(text);
  return bytes.size() <= 64 ? HashOfFour(text) : HashOfLong(text);
}

}  // namespace slipway::terms
