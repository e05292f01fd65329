#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace slipway::http {

/// Ids that are unique across servers and loops without asking anyone: a random half made once and
/// a counter. Threads: one each.
class RequestIdSource {
 public:
  RequestIdSource();

  /// Writes the client's own id to `out` when it is 1–128 printable ASCII characters, else a new
  /// one of 24 hexadecimal digits.
  void Assign(std::string_view from_client, std::string& out);

 private:
  char prefix_[16];
  uint32_t counter_;
};

}  // namespace slipway::http
