#include "io/digest.h"

// OpenSSL would like digests to be fetched by name from a provider, which takes the first 0.7 ms.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace slipway::io {

struct Sha256::State {
  SHA256_CTX context;
  bool finished = false;
};

Sha256::Sha256() : state_(std::make_unique<State>()) { SHA256_Init(&state_->context); }

Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;
Sha256::~Sha256() = default;

void Sha256::Update(std::span<const std::byte> bytes) {
  SLIPWAY_CHECK(!state_->finished, "a digest that is not finished takes bytes");
  SHA256_Update(&state_->context, bytes.data(), bytes.size());
}

std::string Sha256::HexDigest() {
  std::array<unsigned char, kHexSize / 2> raw;
  SLIPWAY_CHECK(!std::exchange(state_->finished, true), "a digest is finished once");
  SHA256_Final(raw.data(), &state_->context);
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  hex.reserve(kHexSize);
  for (const unsigned char byte : raw) {
    hex += kDigits[byte >> 4];
    hex += kDigits[byte & 15];
  }
  return hex;
}

std::string Sha256Hex(std::span<const std::byte> bytes) {
  Sha256 digest;
  digest.Update(bytes);
  return digest.HexDigest();
}

std::string Sha256Hex(std::string_view text) { return Sha256Hex(std::as_bytes(std::span(text))); }

bool IsSha256Hex(std::string_view text) {
  return text.size() == Sha256::kHexSize && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

}  // namespace slipway::io
