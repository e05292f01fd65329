#include "transport/grpc/status.h"

#include "transport/http/ascii.h"

namespace slipway::grpc {
namespace {
constexpr size_t kMaxMessage = 1024;
}

int CodeOf(const Status& status) { return status.ok() ? kOk : InfoOf(ReasonOf(status)).grpc_code; }

std::string EncodeMessage(std::string_view message) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : http::ValidUtf8(message)) {
    if (out.size() > kMaxMessage) return out.append("...");
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7f && c != '%') {
      out.push_back(c);
    } else {
      out.push_back('%');
      out.push_back(kHex[byte >> 4]);
      out.push_back(kHex[byte & 15]);
    }
  }
  return out;
}

}  // namespace slipway::grpc
