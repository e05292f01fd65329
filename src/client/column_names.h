#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace slipway::client {

/// The parameter of an input in a model's metadata that names the columns of a table.
inline constexpr std::string_view kColumnsParameter = "columns";

/// Its value, a JSON list of strings, 1,048,576 at most; none where it is anything else.
std::vector<std::string> ReadColumnNames(std::string_view json);

}  // namespace slipway::client
