#pragma once
// Triton's binary tensor data where SageMaker passes no header but Content-Type on.

#include <cstddef>
#include <optional>
#include <string>

#include "base/status.h"
#include "transport/http/media_type.h"

namespace slipway::sagemaker {

inline constexpr std::string_view kBinaryType = "application/vnd.sagemaker-triton.binary+json";

/// How many bytes of the body are JSON, as the parameter json-header-size says; 0: the body is one
/// raw tensor.
/// @return nullopt when the type is another; kBadRequest unless it is a whole number from 0 to
/// `body_size`.
StatusOr<std::optional<size_t>> JsonSizeOf(const http::MediaType& type, size_t body_size);

/// "application/vnd.sagemaker-triton.binary+json;json-header-size=17"
std::string BinaryContentType(size_t json_size);

}  // namespace slipway::sagemaker
