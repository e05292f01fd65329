#include "transport/http/request_id.h"

#include <random>

#include "transport/http/ascii.h"

namespace slipway::http {
namespace {

constexpr size_t kMaxClientId = 128;

void WriteHex(uint32_t value, char* out) {
  for (int i = 7; i >= 0; --i, value >>= 4) out[i] = "0123456789abcdef"[value & 15];
}

}  // namespace

RequestIdSource::RequestIdSource() {
  std::random_device random;
  WriteHex(random(), prefix_);
  WriteHex(random(), prefix_ + 8);
  counter_ = random();
}

void RequestIdSource::Assign(std::string_view from_client, std::string& out) {
  if (!from_client.empty() && from_client.size() <= kMaxClientId && kVisible.HasAll(from_client)) {
    out.assign(from_client);
    return;
  }
  out.assign(prefix_, sizeof(prefix_));
  out.resize(sizeof(prefix_) + 8);
  WriteHex(counter_++, out.data() + sizeof(prefix_));
}

}  // namespace slipway::http
