#pragma once
#include <string_view>

namespace slipway {

/// True when `text` is well-formed UTF-8 (RFC 3629: no overlong forms, surrogates or > U+10FFFF).
bool IsValidUtf8(std::string_view text);

}  // namespace slipway
