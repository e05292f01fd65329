#include "transport/http/media_type.h"

#include <algorithm>

#include "transport/http/ascii.h"

namespace slipway::http {
namespace {

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), ToLower);
  return lower;
}

std::string_view Unquote(std::string_view text) {
  return text.size() >= 2 && text.front() == '"' && text.back() == '"'
             ? text.substr(1, text.size() - 2)
             : text;
}

}  // namespace

MediaType MediaType::Parse(std::string_view header) {
  MediaType parsed{Lower(NextItem(header, ';')), {}};
  while (!header.empty()) {
    const std::string_view item = NextItem(header, ';');
    const size_t equals = item.find('=');
    if (item.empty()) continue;
    const std::string_view value =
        equals == std::string_view::npos ? std::string_view() : item.substr(equals + 1);
    parsed.parameters.emplace_back(Lower(Trim(item.substr(0, equals))), Unquote(Trim(value)));
  }
  return parsed;
}

std::optional<std::string_view> MediaType::parameter(std::string_view name) const {
  for (const auto& [key, value] : parameters)
    if (key == name) return value;
  return std::nullopt;
}

}  // namespace slipway::http
