#include "repository/foreign/properties.h"

#include <algorithm>

namespace slipway::repository {
namespace {

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\f";
  text.remove_prefix(std::min(text.find_first_not_of(kBlank), text.size()));
  return text.substr(0, text.find_last_not_of(kBlank) + 1);
}

}  // namespace

std::vector<Property> ParseProperties(std::string_view text) {
  std::vector<Property> properties;
  for (int number = 1; !text.empty(); ++number) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = Trim(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line[0] == '#' || line[0] == '!') continue;
    const size_t split = std::min(line.find_first_of("=:"), line.size());
    properties.push_back({number, std::string(Trim(line.substr(0, split))),
                          std::string(Trim(line.substr(std::min(split + 1, line.size())))),
                          line.ends_with('\\')});
  }
  return properties;
}

std::vector<std::string> SplitAtCommas(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const size_t comma = std::min(text.find(','), text.size());
    if (const auto part = Trim(text.substr(0, comma)); !part.empty()) parts.emplace_back(part);
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return parts;
}

}  // namespace slipway::repository
