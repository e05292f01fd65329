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
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t taken = std::min<size_t>(3, bytes.size() - i);
    uint32_t group = 0;
    for (size_t j = 0; j < 3; ++j)
      group = group << 8 | (j < taken ? static_cast<unsigned char>(bytes[i + j]) : 0u);
    for (size_t j = 0; j < 4; ++j)
      text += j <= taken ? kAlphabet[(group >> (18 - 6 * j)) & 0x3F] : '=';
  }
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
