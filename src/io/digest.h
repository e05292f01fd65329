#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace slipway::io {

/// What is read is hashed in pieces of this many bytes, while they are still in the cache.
inline constexpr size_t kHashedAtOnce = size_t{1} << 20;

/// SHA-256 over bytes that come in pieces (OpenSSL's, which uses the CPU's own instructions).
class Sha256 {
 public:
  static constexpr size_t kHexSize = 64;

  Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  ~Sha256();

  void Update(std::span<const std::byte> bytes);
  void Update(std::string_view text) { Update(std::as_bytes(std::span(text))); }

  /// 64 lower-case hex digits. Ends the computation: once only.
  std::string HexDigest();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::string Sha256Hex(std::span<const std::byte> bytes);
std::string Sha256Hex(std::string_view text);

/// True for 64 lower-case hex digits.
bool IsSha256Hex(std::string_view text);

}  // namespace slipway::io
