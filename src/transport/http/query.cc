#include "transport/http/query.h"

#include <algorithm>

#include "transport/http/ascii.h"

namespace slipway::http {

StatusOr<std::optional<std::string>> QueryValue(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::string_view pair = NextItem(query, '&');
    const size_t equals = pair.find('=');
    if (pair.substr(0, equals) != name) continue;
    if (equals == std::string_view::npos) return std::string();
    std::string text(pair.substr(equals + 1));
    std::ranges::replace(text, '+', ' ');
    auto value = PercentDecode(text);
    if (!value)
      return Error(Reason::kBadRequest, "query parameter \"{}\": broken percent-encoding", name);
    return value;
  }
  return std::nullopt;
}

}  // namespace slipway::http
