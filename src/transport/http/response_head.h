#pragma once
// The head of a response, written from parts that are ready beforehand.

#include <ctime>
#include <string>
#include <string_view>

#include "transport/http/message.h"

namespace slipway::http {

/// "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n", formatted once a second. One per loop.
class DateLine {
 public:
  std::string_view Get(std::time_t now);

 private:
  std::time_t at_ = -1;
  char line_[40];
  size_t size_ = 0;
};

struct HeadContext {
  std::string_view date_line{};
  std::string_view request_id{};
  std::string_view cors_origin{};  // "" = no line
  bool preflight = false;          // CORS asks what it may send
  int minor_version = 1;
  bool keep_alive = true;
};

/// Appends status line, fields and the empty line. `body_bytes` becomes Content-Length except where
/// the status has no body (204, 304).
void AppendResponseHead(const Response& response, size_t body_bytes, const HeadContext& context,
                        std::string& out);

constexpr bool StatusHasBody(int status) { return status >= 200 && status != 204 && status != 304; }

}  // namespace slipway::http
