#include "protocol/calls/body_parts.h"

#include <cstring>

namespace slipway {
namespace {

/// Below this a copy behind the text is cheaper than one more buffer to send.
constexpr size_t kCopiedBytes = 4096;

}  // namespace

void AppendData(const Buffer& data, http::Response& response) {
  if (data.size() <= kCopiedBytes && response.parts.empty()) {
    response.body.append(reinterpret_cast<const char*>(data.data()), data.size());
    return;
  }
  Buffer kept = data;
  if (data.borrowed()) {
    std::byte* copy;
    kept = Buffer::Allocate(data.size(), &copy);
    std::memcpy(copy, data.data(), data.size());
  }
  response.parts.push_back({kept.bytes(), kept.owner()});
}

void AppendText(std::string_view text, http::Response& response) {
  if (response.parts.empty()) {
    response.body.append(text);
    return;
  }
  const Buffer kept = Buffer::Own(std::string(text));
  response.parts.push_back({kept.bytes(), kept.owner()});
}

}  // namespace slipway
