#pragma once
#include <string>
#include <string_view>

#include "base/status.h"

namespace slipway {

/// RFC 4648 section 4, padded.
std::string EncodeBase64(std::string_view bytes);

/// Strict: the standard alphabet, padding required, no white space, unused bits zero.
/// @return kBadRequest naming the first bad character's offset, or a bad length.
StatusOr<std::string> DecodeBase64(std::string_view text);

}  // namespace slipway
