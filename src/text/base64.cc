#include "text/base64.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace slipway {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr uint8_t kNone = 0xFF;

constexpr std::array<uint8_t, 256> kValues = [] {
  std::array<uint8_t, 256> values{};
  values.fill(kNone);
  for (size_t i = 0; i < kAlphabet.size(); ++i)
    values[static_cast<unsigned char>(kAlphabet[i])] = static_cast<uint8_t>(i);
  return values;
}();

}  // namespace

std::string EncodeBase64(std::string_view bytes) {
  std::string text((bytes.size() + 2) / 3 * 4, '=');
  char* out = text.data();
  const auto put = [&](uint32_t group, int characters) {  // the first ones of 24 bits
    for (int i = 0; i < characters; ++i) out[i] = kAlphabet[(group >> (18 - 6 * i)) & 0x3F];
    out += 4;
  };
  const auto byte = [&](size_t i) { return uint32_t{static_cast<unsigned char>(bytes[i])}; };
  const size_t left = bytes.size() % 3, whole = bytes.size() - left;
  for (size_t i = 0; i < whole; i += 3) put(byte(i) << 16 | byte(i + 1) << 8 | byte(i + 2), 4);
  if (left == 1) put(byte(whole) << 16, 2);
  if (left == 2) put(byte(whole) << 16 | byte(whole + 1) << 8, 3);
  return text;
}

StatusOr<std::string> DecodeBase64(std::string_view text) {
  if (text.size() % 4 != 0)
    return Error(Reason::kBadRequest, "base64: expected a multiple of 4 characters, got {}",
                 text.size());
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3);
  for (size_t i = 0; i < text.size(); i += 4) {
    const bool last = i + 4 == text.size();
    const size_t padding = !last || text[i + 3] != '=' ? 0 : text[i + 2] == '=' ? 2 : 1;
    uint32_t group = 0;
    for (size_t j = 0; j < 4 - padding; ++j) {
      const uint8_t value = kValues[static_cast<unsigned char>(text[i + j])];
      if (value == kNone)
        return Error(Reason::kBadRequest, "base64: character {} is not of the alphabet", i + j);
      group |= uint32_t{value} << (18 - 6 * j);
    }
    const size_t taken = 3 - padding;
    if ((group & (0xFFFFFFu >> (8 * taken))) != 0 && padding > 0)
      return Error(Reason::kBadRequest, "base64: the last character's unused bits are not zero");
    for (size_t j = 0; j < taken; ++j) bytes += static_cast<char>(group >> (16 - 8 * j));
  }
  return bytes;
}

}  // namespace slipway
