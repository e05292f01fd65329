#pragma once
// What a route takes and gives: the part of the route table that the description of the API
// (protocol/openapi) is made of. Every text is a literal.

#include <array>
#include <string_view>
#include <vector>

namespace slipway::http {

inline constexpr std::string_view kJsonType = "application/json";

/// The schema of what RespondWithError writes, which is how the transport refuses.
inline constexpr std::string_view kErrorSchema = "Error";

/// One form that a body may have.
struct BodyForm {
  std::string_view type;      // without parameters: "application/json"
  std::string_view schema{};  // the name of its schema; "" = bytes or text that no schema describes
};

/// An answer that is no refusal.
struct Answer {
  int status = 200;
  std::vector<BodyForm> forms{};            // empty = no body
  std::vector<std::string_view> headers{};  // names of described headers
};

struct Contract {
  std::vector<std::string_view> dialects{};    // whose route it is; several may share one
  std::vector<std::string_view> parameters{};  // names of described ones, besides those of the path
  std::vector<BodyForm> takes{};               // empty = the body is not looked at
  bool body_is_optional = false;
  std::vector<Answer> gives{};            // empty = the route only refuses
  std::vector<int> refuses{};             // statuses besides kEveryRouteRefuses
  std::string_view error = kErrorSchema;  // how the handler's own refusals look
};

/// Statuses that the transport answers before or instead of any handler.
inline constexpr std::array<int, 10> kEveryRouteRefuses = {400, 403, 408, 413, 414,
                                                           415, 417, 431, 500, 503};

}  // namespace slipway::http
