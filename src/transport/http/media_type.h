#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::http {

/// A Content-Type or Accept item, RFC 9110 section 8.3.1: "text/csv; header=absent".
struct MediaType {
  std::string type;                                             // "text/csv", lower-case
  std::vector<std::pair<std::string, std::string>> parameters;  // names lower-case, values unquoted

  /// Never fails: what has no form of a media type has no `type` that anything asks for.
  static MediaType Parse(std::string_view header);

  /// The first parameter of that name.
  std::optional<std::string_view> parameter(std::string_view name) const;
};

}  // namespace slipway::http
