#pragma once
// A gRPC message in a stream of bytes: one byte of flags, its size in four, big-endian
// (grpc/doc/PROTOCOL-HTTP2.md).

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/status.h"

namespace slipway::grpc {

inline constexpr size_t kPrefixBytes = 5;

struct Prefix {
  bool compressed = false;
  uint32_t size = 0;  // of the message that follows, as it is sent
};

/// @param bytes  at least kPrefixBytes.
/// @return kBadRequest for unknown flags; kTooLarge for a message over `max_bytes`, before any of
///   it has come.
StatusOr<Prefix> ReadPrefix(std::span<const std::byte> bytes, size_t max_bytes);

std::array<char, kPrefixBytes> WritePrefix(bool compressed, uint32_t size);

/// Is `content_type` that of gRPC with messages in protobuf? Not that of gRPC-Web.
bool IsContentType(std::string_view content_type);

}  // namespace slipway::grpc
