#include "protocol/sagemaker/content_type.h"

#include <charconv>

namespace slipway::sagemaker {

StatusOr<std::optional<size_t>> JsonSizeOf(const http::MediaType& type, size_t body_size) {
  if (type.type != kBinaryType) return std::nullopt;
  const std::string_view text = type.parameter("json-header-size").value_or("");
  size_t size = 0;
  const char* const end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, size);
  if (result.ec != std::errc() || result.ptr != end || size > body_size)
    return Error(Reason::kBadRequest,
                 "Content-Type: expected json-header-size to be a whole number from 0 to {}, the "
                 "body's size, got \"{}\"",
                 body_size, text.substr(0, 40));
  return size;
}

std::string BinaryContentType(size_t json_size) {
  return fmt::format("{};json-header-size={}", kBinaryType, json_size);
}

}  // namespace slipway::sagemaker
