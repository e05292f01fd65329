#include "transport/grpc/framing.h"

namespace slipway::grpc {

StatusOr<Prefix> ReadPrefix(std::span<const std::byte> bytes, size_t max_bytes) {
  Prefix prefix;
  const auto flags = std::to_integer<unsigned>(bytes[0]);
  if (flags > 1)
    return Error(Reason::kBadRequest, "gRPC message: expected flags 0 or 1, got {}", flags);
  prefix.compressed = flags == 1;
  for (size_t i = 1; i < kPrefixBytes; ++i)
    prefix.size = prefix.size << 8 | std::to_integer<uint32_t>(bytes[i]);
  if (prefix.size > max_bytes)
    return Error(Reason::kTooLarge, "gRPC message: at most {} bytes are accepted, got {}",
                 max_bytes, prefix.size);
  return prefix;
}

std::array<char, kPrefixBytes> WritePrefix(bool compressed, uint32_t size) {
  return {static_cast<char>(compressed), static_cast<char>(size >> 24),
          static_cast<char>(size >> 16), static_cast<char>(size >> 8), static_cast<char>(size)};
}

bool IsContentType(std::string_view content_type) {
  constexpr std::string_view kGrpc = "application/grpc";
  if (!content_type.starts_with(kGrpc)) return false;
  const std::string_view rest = content_type.substr(kGrpc.size());
  return rest.empty() || rest == "+proto" || rest.starts_with(';') || rest.starts_with("+proto;");
}

}  // namespace slipway::grpc
