#include "transport/grpc/unary.h"

#include <algorithm>

#include "transport/http/ascii.h"

namespace slipway::grpc {
namespace {
constexpr Duration kLongest = std::chrono::hours(24 * 365);  // anything more is no deadline at all
}

void AddUnary(http::Router& router, std::string path, http::Access access, http::Handler handler,
              std::string summary) {
  router.Add({.method = http::Method::kPost,
              .pattern = std::move(path),
              .access = access,
              .handler = std::move(handler),
              .summary = std::move(summary),
              .is_grpc = true});
}

StatusOr<std::optional<Duration>> Timeout(const http::Request& request) {
  const auto header = request.header("grpc-timeout");
  if (!header) return std::nullopt;
  constexpr size_t kMaxDigits = 8;
  const auto bad = [&] {
    return Error(Reason::kBadRequest,
                 "grpc-timeout: expected 1 to 8 digits and one of H M S m u n, got \"{}\"",
                 header->substr(0, 32));
  };
  if (header->size() < 2 || header->size() > kMaxDigits + 1) return bad();
  int64_t count = 0;
  for (const char c : header->substr(0, header->size() - 1)) {
    if (!http::IsDigit(c)) return bad();
    count = count * 10 + (c - '0');
  }
  Duration unit{};
  switch (header->back()) {
    case 'H':
      unit = std::chrono::hours(1);
      break;
    case 'M':
      unit = std::chrono::minutes(1);
      break;
    case 'S':
      unit = std::chrono::seconds(1);
      break;
    case 'm':
      unit = std::chrono::milliseconds(1);
      break;
    case 'u':
      unit = std::chrono::microseconds(1);
      break;
    case 'n':
      unit = std::chrono::nanoseconds(1);
      break;
    default:
      return bad();
  }
  return unit * std::min(count, kLongest / unit);
}

void Reply(http::Exchange& exchange) { exchange.Send(); }

}  // namespace slipway::grpc
