#pragma once
// Bytes of tensors in an answer: small ones copied, large ones sent from where they lie.

#include <string_view>

#include "tensor/tensor.h"
#include "transport/http/message.h"

namespace slipway {

/// Appends `data` behind what `response` holds. Large data goes as a part that keeps its memory
/// alive.
void AppendData(const Buffer& data, http::Response& response);

/// Appends a copy of `text` behind what `response` holds, parts included.
void AppendText(std::string_view text, http::Response& response);

}  // namespace slipway
