#include "base/utf8.h"

#include <cstdint>
#include <cstring>

namespace slipway {

bool IsValidUtf8(std::string_view text) {
  const auto* p = reinterpret_cast<const uint8_t*>(text.data());
  const uint8_t* const end = p + text.size();
  while (p != end) {
    if (end - p >= 8) {
      uint64_t word;
      std::memcpy(&word, p, 8);
      if ((word & 0x8080808080808080u) == 0) {
        p += 8;
        continue;
      }
    }
    const uint8_t lead = *p++;
    if (lead < 0x80) continue;
    int follow;
    uint8_t low = 0x80, high = 0xBF;
    if (lead >= 0xC2 && lead <= 0xDF)
      follow = 1;
    else if (lead >= 0xE0 && lead <= 0xEF) {
      follow = 2;
      if (lead == 0xE0) low = 0xA0;
      if (lead == 0xED) high = 0x9F;
    } else if (lead >= 0xF0 && lead <= 0xF4) {
      follow = 3;
      if (lead == 0xF0) low = 0x90;
      if (lead == 0xF4) high = 0x8F;
    } else
      return false;
    if (end - p < follow) return false;
    if (p[0] < low || p[0] > high) return false;
    for (int i = 1; i < follow; ++i)
      if (p[i] < 0x80 || p[i] > 0xBF) return false;
    p += follow;
  }
  return true;
}

}  // namespace slipway
